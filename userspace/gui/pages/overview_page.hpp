// SPDX-License-Identifier: MIT
// The first page: the cards, what is in force, and what the doctor found, with what helps.
#pragma once

#include <QWidget>

#include "core/change.hpp"
#include "core/command.hpp"
#include "core/examination.hpp"
#include "core/subject.hpp"

class QLabel;
class QLineEdit;
class QListView;
class QPushButton;

namespace rocmfix::gui {

class BusyBar;

class OverviewPage : public QWidget {
  Q_OBJECT

 public:
  OverviewPage(Subject subject, Changer& changer, QWidget* parent = nullptr);

  /// Examines the machine.
  void look();

 private:
  QWidget* make_details();
  void show_cards(const CommandResult& result);
  void show_findings(const CommandResult& result);
  void show_finding(const QModelIndex& index);
  void offer_fix(const QStringList& words);
  void show_preview(const CommandResult& result);

  Subject subject_;
  Changer& changer_;
  Command doctor_;
  Command status_;
  Command preview_;
  QStringList fixing_;
  FindingModel findings_;
  QLabel* cards_;
  QListView* list_;
  QLabel* title_ = nullptr;
  QLabel* details_ = nullptr;
  QLineEdit* command_ = nullptr;
  QPushButton* copy_ = nullptr;
  QPushButton* fix_ = nullptr;
  BusyBar* busy_;
};

}  // namespace rocmfix::gui
