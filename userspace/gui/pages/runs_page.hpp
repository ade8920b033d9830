// SPDX-License-Identifier: MIT
// The crash reports of this user, the newest first, and the runs that are under way.
#pragma once

#include <QWidget>

#include "core/crash_report_model.hpp"
#include "core/subject.hpp"

class QPlainTextEdit;
class QPushButton;
class QTabWidget;
class QTableView;

namespace rocmfix::gui {

class RunsPage : public QWidget {
  Q_OBJECT

 public:
  explicit RunsPage(Subject subject, QWidget* parent = nullptr);

 private:
  QWidget* make_reports();
  void keep_current();
  void show_report(const QModelIndex& index);
  void open_report_dialog();

  Subject subject_;
  CrashReportModel model_;
  QString current_;  ///< the file of the report that is shown
  QTabWidget* parts_;
  QTableView* table_ = nullptr;
  QPlainTextEdit* text_ = nullptr;
  QPushButton* copy_ = nullptr;
  QPushButton* bundle_ = nullptr;
};

}  // namespace rocmfix::gui
