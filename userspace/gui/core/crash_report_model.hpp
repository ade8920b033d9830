// SPDX-License-Identifier: MIT
// The crash reports of a folder as a table, the newest first, as they come.
#pragma once

#include <QAbstractTableModel>
#include <QFileSystemWatcher>
#include <QFutureWatcher>
#include <QTimer>

#include "core/crash_report.hpp"

namespace rocmfix::gui {

class CrashReportModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column : int { time, what, program, where, columns };

  /// Follows what is in `folder`, also if it is made later.
  explicit CrashReportModel(QString folder, QObject* parent = nullptr);
  CrashReportModel(const CrashReportModel&) = delete;
  CrashReportModel& operator=(const CrashReportModel&) = delete;
  CrashReportModel(CrashReportModel&&) = delete;
  CrashReportModel& operator=(CrashReportModel&&) = delete;
  /// Waits for a reading that is under way.
  ~CrashReportModel() override;

  void look();
  [[nodiscard]] const CrashReport& report(int row) const { return reports_.at(row); }

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                    int role) const override;

 signals:
  /// After each reading.
  void looked();

 private:
  void take();
  void watch();

  QString folder_;
  QList<CrashReport> reports_;
  QFutureWatcher<QList<CrashReport>> reading_;
  QFileSystemWatcher files_;
  QTimer settle_;
};

}  // namespace rocmfix::gui
