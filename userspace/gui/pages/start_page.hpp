// SPDX-License-Identifier: MIT
// Starts a program under rocmfix-run: here, with its output, or in a terminal. What would be set is
// shown before. Nothing needs this page: it types one command.
#pragma once

#include <QTimer>
#include <QWidget>

#include "core/command.hpp"
#include "core/launch.hpp"
#include "core/subject.hpp"

class QComboBox;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QSpinBox;
class QTreeWidget;

namespace rocmfix::gui {

class StartPage : public QWidget {
  Q_OBJECT

 public:
  explicit StartPage(Subject subject, QWidget* parent = nullptr);
  StartPage(const StartPage&) = delete;
  StartPage& operator=(const StartPage&) = delete;
  StartPage(StartPage&&) = delete;
  StartPage& operator=(StartPage&&) = delete;
  /// Asks a program that still runs to end.
  ~StartPage() override;

  [[nodiscard]] bool is_running() const { return process_.state() != QProcess::NotRunning; }

 private:
  QWidget* make_form();
  QWidget* make_buttons();
  void listen();
  [[nodiscard]] Launch launch() const;
  void look();
  void show_cards(const CommandResult& result);
  void show_variables(const CommandResult& result);
  void run_here();
  void run_in_terminal();
  void stop();
  void show_output();
  void show_end();
  void enable_buttons();

  Subject subject_;
  Command cards_;
  Command preview_;
  QProcess process_;
  QTimer typing_;
  QLineEdit* program_ = nullptr;
  QLineEdit* folder_ = nullptr;
  QSpinBox* retries_ = nullptr;
  QComboBox* card_ = nullptr;
  QTreeWidget* variables_ = nullptr;
  QPlainTextEdit* output_ = nullptr;
  QLabel* said_ = nullptr;
  QPushButton* here_ = nullptr;
  QPushButton* terminal_ = nullptr;
  QPushButton* stop_ = nullptr;
};

}  // namespace rocmfix::gui
