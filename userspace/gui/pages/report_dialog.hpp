// SPDX-License-Identifier: MIT
// `rocmfix report` of a crash: all that would be in the file is shown before one is written.
#pragma once

#include <QDialog>

#include "core/command.hpp"
#include "core/subject.hpp"

class QPlainTextEdit;
class QPushButton;

namespace rocmfix::gui {

class BusyBar;

class ReportDialog : public QDialog {
  Q_OBJECT

 public:
  ReportDialog(Subject subject, QString incident, QWidget* parent = nullptr);

  /// Writes to `file`, which is not there yet.
  void save(const QString& file);

 private:
  void look();
  void ask_file();
  void show_preview(const CommandResult& result);
  void show_saved(const CommandResult& result);

  Subject subject_;
  QString incident_;
  Command preview_;
  Command saving_;
  QPlainTextEdit* view_;
  BusyBar* busy_;
  QPushButton* save_;
};

}  // namespace rocmfix::gui
