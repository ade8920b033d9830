// SPDX-License-Identifier: MIT
#include "pages/main_window.hpp"

#include <QAccessible>
#include <QCloseEvent>
#include <QMessageBox>
#include <QShortcut>
#include <QTabWidget>
#include <QTimer>
#include <QVBoxLayout>

#include "pages/overview_page.hpp"
#include "pages/plain_text.hpp"
#include "pages/runs_page.hpp"
#include "pages/settings_page.hpp"
#include "pages/start_page.hpp"

namespace rocmfix::gui {

using namespace Qt::StringLiterals;

MainWindow::MainWindow(const Subject& subject, QWidget* parent)
    : QWidget(parent),
      subject_(subject),
      changer_(subject, this),
      message_(plain_label(this)),
      reboot_(plain_label(this, tr("A reboot is needed before the changes take effect."))),
      tabs_(new QTabWidget(this)) {
  setWindowTitle(subject.is_system() ? u"rocmfix"_s : u"rocmfix – "_s + subject.root);
  message_->setObjectName(u"message"_s);
  message_->hide();
  reboot_->setObjectName(u"reboot"_s);
  for (QLabel* const label : {message_, reboot_}) {
    label->setFrameShape(QFrame::StyledPanel);
    label->setMargin(6);
  }
  tabs_->setObjectName(u"pages"_s);
  tabs_->setDocumentMode(true);
  tabs_->setAccessibleName(tr("Pages"));
  for (const QString& name : {tr("O&verview"), tr("&Settings"), tr("&Runs"), tr("S&tart a run")}) {
    auto* const place = new QWidget(tabs_);
    new QVBoxLayout(place);
    tabs_->addTab(place, name);
  }
  auto* const column = new QVBoxLayout(this);
  column->addWidget(reboot_);
  column->addWidget(message_);
  column->addWidget(tabs_, 1);
  connect(tabs_, &QTabWidget::currentChanged, this, &MainWindow::make_page);
  connect(&changer_, &Changer::changed, this, [this](const QString& report) {
    show_message(report);
    show_reboot();
  });
  connect(&changer_, &Changer::failed, this, [this](const QString& what, const QString& hint) {
    show_message(hint.isEmpty() ? what : what + u'\n' + hint);
  });
  auto* const quit = new QShortcut(QKeySequence::Quit, this);
  connect(quit, &QShortcut::activated, this, &QWidget::close);
  show_reboot();
  make_page(overview);
}

QStringList MainWindow::page_names() {
  return {u"overview"_s, u"settings"_s, u"runs"_s, u"start"_s};
}

void MainWindow::show_page(Page page) {
  tabs_->setCurrentIndex(page);
}

QWidget* MainWindow::new_page(Page page) {
  if (page == settings) {
    auto* const made = new SettingsPage(subject_, changer_, this);
    made->look();
    return made;
  }
  if (page == runs) {
    return new RunsPage(subject_, this);
  }
  if (page == start) {
    return new StartPage(subject_, this);
  }
  auto* const made = new OverviewPage(subject_, changer_, this);
  // The window is there first.
  QTimer::singleShot(0, made, &OverviewPage::look);
  return made;
}

void MainWindow::make_page(int page) {
  QWidget* const place = tabs_->widget(page);
  if (place->layout()->isEmpty()) {
    place->layout()->addWidget(new_page(static_cast<Page>(page)));
  }
}

// A screen reader says it, wherever the keyboard is.
void MainWindow::show_message(const QString& text) {
  message_->setText(text);
  message_->show();
  QAccessibleEvent said(message_, QAccessible::Alert);
  QAccessible::updateAccessibility(&said);
}

// A training of days is not ended by a click in the corner.
void MainWindow::closeEvent(QCloseEvent* event) {
  const auto* const page = findChild<StartPage*>();
  const bool closed =
      page == nullptr || !page->is_running() ||
      QMessageBox::question(
          this, tr("Close"), tr("A program that was started here still runs. End it?"),
          QMessageBox::Yes | QMessageBox::No, QMessageBox::No) == QMessageBox::Yes;
  event->setAccepted(closed);
}

void MainWindow::show_reboot() {
  reboot_->setVisible(changer_.is_reboot_needed());
}

}  // namespace rocmfix::gui
