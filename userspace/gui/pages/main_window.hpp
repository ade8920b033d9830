// SPDX-License-Identifier: MIT
// The window: a page for each task, made when it is first shown, and above them what concerns all.
#pragma once

#include <QWidget>

#include "core/change.hpp"
#include "core/subject.hpp"

class QLabel;
class QTabWidget;

namespace rocmfix::gui {

class MainWindow : public QWidget {
  Q_OBJECT

 public:
  enum Page : int { overview, settings, runs, start, pages };

  explicit MainWindow(const Subject& subject, QWidget* parent = nullptr);

  /// In the order of Page, as --page takes them.
  static QStringList page_names();
  void show_page(Page page);

 protected:
  void closeEvent(QCloseEvent* event) override;

 private:
  void make_page(int page);
  QWidget* new_page(Page page);
  void show_message(const QString& text);
  void show_reboot();

  Subject subject_;
  Changer changer_;
  QLabel* message_;
  QLabel* reboot_;
  QTabWidget* tabs_;
};

}  // namespace rocmfix::gui
