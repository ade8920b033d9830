// SPDX-License-Identifier: MIT
#include "core/crash_report_model.hpp"

#include <QDir>
#include <QFileInfo>
#include <QLocale>
#include <QtConcurrentRun>
#include <utility>

namespace rocmfix::gui {

CrashReportModel::CrashReportModel(QString folder, QObject* parent)
    : QAbstractTableModel(parent), folder_(std::move(folder)) {
  // A file that is renamed into its place is two changes of the folder.
  constexpr int moment_ms = 100;
  settle_.setSingleShot(true);
  settle_.setInterval(moment_ms);
  connect(&settle_, &QTimer::timeout, this, &CrashReportModel::look);
  connect(&files_, &QFileSystemWatcher::directoryChanged, &settle_, qOverload<>(&QTimer::start));
  connect(&reading_, &QFutureWatcherBase::finished, this, &CrashReportModel::take);
}

CrashReportModel::~CrashReportModel() {
  reading_.waitForFinished();
}

void CrashReportModel::look() {
  if (reading_.isRunning()) {
    settle_.start();
    return;
  }
  watch();
  reading_.setFuture(QtConcurrent::run(read_crash_reports, folder_));
}

// A folder that is not there yet is made below one that is.
void CrashReportModel::watch() {
  QDir there(folder_);
  while (!there.exists() && !there.isRoot()) {
    there = QDir(QFileInfo(there.path()).path());
  }
  if (files_.directories() != QStringList{there.path()}) {
    if (!files_.directories().isEmpty()) {
      files_.removePaths(files_.directories());
    }
    files_.addPath(there.path());
  }
}

void CrashReportModel::take() {
  beginResetModel();
  reports_ = reading_.result();
  endResetModel();
  emit looked();
}

int CrashReportModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(reports_.size());
}

int CrashReportModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : columns;
}

QVariant CrashReportModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid) || role != Qt::DisplayRole) {
    return {};
  }
  const CrashReport& report = reports_.at(index.row());
  switch (index.column()) {
    case time:
      return QLocale().toString(report.time, QLocale::ShortFormat);
    case what:
      return report.what;
    case program:
      return report.program;
    default:
      return report.where;
  }
}

QVariant CrashReportModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
    return {};
  }
  switch (section) {
    case time:
      return tr("Time");
    case what:
      return tr("What");
    case program:
      return tr("Program");
    default:
      return tr("Where");
  }
}

}  // namespace rocmfix::gui
