// SPDX-License-Identifier: MIT
// What `rocmfix doctor --json` and `rocmfix status --json` say, for the Overview.
#pragma once

#include <QAbstractListModel>
#include <QJsonObject>
#include <QList>
#include <QString>
#include <QStringList>

#include "rocmfix/doctor.hpp"

namespace rocmfix::gui {

/// A finding, with what checks.toml has on its check.
struct FindingRow {
  CheckVerdict verdict = CheckVerdict::unknown;
  QString check;
  QString title;  ///< what the check asks
  QString gpu;    ///< PCI address; empty: it is about the machine
  QString summary;
  QStringList evidence;
  QString remedy;
  QString command;  ///< to type; empty: there is none
  QString source;   ///< with how it is known

  /// The words after `rocmfix` with which rocmfix itself does what `command` asks for; empty: it
  /// does not, and the user types it.
  [[nodiscard]] QStringList fix() const;
};

/// The verdict in a word, for people.
QString verdict_word(CheckVerdict verdict);

/// Worst first.
QList<FindingRow> findings_of(const QJsonObject& doctor);

/// "2 problems, 1 warning in 32 checks"; of a machine without a supported card, that it has none.
QString conclusion_of(const QJsonObject& doctor);

/// A paragraph a card, with the driver and what is in force: of `rocmfix status`.
QStringList cards_of(const QJsonObject& status);

class FindingModel : public QAbstractListModel {
  Q_OBJECT

 public:
  enum Role : int { verdict_role = Qt::UserRole };

  explicit FindingModel(QObject* parent = nullptr) : QAbstractListModel(parent) {}
  void set_findings(QList<FindingRow> findings);
  [[nodiscard]] const FindingRow& finding(int row) const { return findings_.at(row); }

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;

 private:
  QList<FindingRow> findings_;
};

}  // namespace rocmfix::gui
