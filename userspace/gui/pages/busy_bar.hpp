// SPDX-License-Identifier: MIT
// A line that says what is under way, with a button that ends it, or that begins it again.
#pragma once

#include <QWidget>

#include "core/command.hpp"

class QLabel;
class QProgressBar;
class QPushButton;

namespace rocmfix::gui {

class BusyBar : public QWidget {
  Q_OBJECT

 public:
  /// `doing`: what is said while `command` runs.
  BusyBar(Command& command, const QString& doing, QWidget* parent = nullptr);

  /// What is said while nothing runs.
  void say(const QString& text);

 signals:
  void again();

 private:
  void show_running(bool running);

  Command& command_;
  QString doing_;
  QString said_;
  QLabel* label_;
  QProgressBar* progress_;
  QPushButton* cancel_;
  QPushButton* again_;
};

}  // namespace rocmfix::gui
