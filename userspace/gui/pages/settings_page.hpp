// SPDX-License-Identifier: MIT
// The plan as a table, the file that would be written, and the buttons that write it and undo it.
#pragma once

#include <QWidget>

#include "core/change.hpp"
#include "core/command.hpp"
#include "core/plan_model.hpp"
#include "core/subject.hpp"

class QCheckBox;
class QComboBox;
class QLabel;
class QPlainTextEdit;
class QPushButton;
class QTableView;

namespace rocmfix::gui {

class BusyBar;

class SettingsPage : public QWidget {
  Q_OBJECT

 public:
  SettingsPage(Subject subject, Changer& changer, QWidget* parent = nullptr);

  void look();

 private:
  QWidget* make_top();
  QWidget* make_table();
  QWidget* make_preview();
  QWidget* make_buttons();
  void listen();
  [[nodiscard]] QStringList apply_words() const;
  void show_plan(const CommandResult& result);
  void look_ahead();
  void show_preview(const CommandResult& result);
  void show_undo(const CommandResult& result);
  void show_livepatch(const CommandResult& result);
  void show_row(const QModelIndex& index);
  void enable_buttons();

  Subject subject_;
  Changer& changer_;
  Command plan_;
  Command preview_;
  Command undo_;
  Command livepatch_;
  PlanModel model_;
  bool applicable_ = false;  // apply would write something
  bool undoable_ = false;
  bool livepatch_installed_ = false;
  QComboBox* profile_ = nullptr;
  QCheckBox* livepatch_box_ = nullptr;
  QTableView* table_ = nullptr;
  QLabel* reason_ = nullptr;
  QPlainTextEdit* file_ = nullptr;
  QPushButton* apply_ = nullptr;
  QPushButton* undo_button_ = nullptr;
  BusyBar* busy_ = nullptr;
};

}  // namespace rocmfix::gui
