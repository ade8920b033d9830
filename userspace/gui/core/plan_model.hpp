// SPDX-License-Identifier: MIT
// `rocmfix plan --json` as a table in which a driver parameter can be left out of what apply
// writes.
#pragma once

#include <QAbstractTableModel>
#include <QJsonObject>
#include <QList>
#include <QString>
#include <QStringList>

namespace rocmfix::gui {

struct PlanEntry {
  QString name;
  QString current;  ///< shown: a dash where nothing is set
  QString configured;
  QString proposed;
  QString effect;
  QString reason;
  QString source;
  QString command;         ///< installs a build of the program that works; mostly empty
  bool proposes = false;   ///< there is a value, for apply to write or rocmfix-run to set
  bool parameter = false;  ///< of the driver; else a variable, which rocmfix-run sets
  bool wanted = true;      ///< ticked

  /// apply writes it, unless it is left out.
  [[nodiscard]] bool applicable() const { return parameter && proposes; }
};

class PlanModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column : int { setting, current, configured, proposed, effect, reason, columns };

  explicit PlanModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

  /// What was left out stays left out.
  void set_plan(const QJsonObject& plan);
  [[nodiscard]] const PlanEntry& entry(int row) const { return entries_.at(row); }
  /// There is a parameter to write.
  [[nodiscard]] bool applicable() const;
  /// {"--without", NAME}... for apply.
  [[nodiscard]] QStringList left_out() const;

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                    int role) const override;
  [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;

 signals:
  void left_out_changed();

 private:
  QList<PlanEntry> entries_;
};

}  // namespace rocmfix::gui
