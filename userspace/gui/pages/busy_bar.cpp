// SPDX-License-Identifier: MIT
#include "pages/busy_bar.hpp"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>

namespace rocmfix::gui {

using namespace Qt::StringLiterals;

BusyBar::BusyBar(Command& command, const QString& doing, QWidget* parent)
    : QWidget(parent),
      command_(command),
      doing_(doing),
      label_(new QLabel(this)),
      progress_(new QProgressBar(this)),
      cancel_(new QPushButton(tr("&Cancel"), this)),
      again_(new QPushButton(tr("Look a&gain"), this)) {
  label_->setTextFormat(Qt::PlainText);
  label_->setWordWrap(true);
  label_->setObjectName(u"said"_s);
  progress_->setRange(0, 0);
  progress_->setAccessibleName(doing);
  cancel_->setObjectName(u"cancel"_s);
  again_->setObjectName(u"again"_s);
  again_->setShortcut(QKeySequence::Refresh);
  auto* const row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(label_, 1);
  row->addWidget(progress_);
  row->addWidget(cancel_);
  row->addWidget(again_);
  connect(cancel_, &QPushButton::clicked, &command_, &Command::cancel);
  connect(again_, &QPushButton::clicked, this, &BusyBar::again);
  connect(&command_, &Command::running_changed, this, &BusyBar::show_running);
  show_running(command_.is_running());
}

void BusyBar::say(const QString& text) {
  said_ = text;
  if (!command_.is_running()) {
    label_->setText(text);
  }
}

// The keyboard stays where it was: a button that vanishes under it would lose it.
void BusyBar::show_running(bool running) {
  const bool had_focus = cancel_->hasFocus() || again_->hasFocus();
  label_->setText(running ? doing_ : said_);
  progress_->setVisible(running);
  cancel_->setVisible(running);
  again_->setVisible(!running);
  if (had_focus) {
    (running ? cancel_ : again_)->setFocus();
  }
}

}  // namespace rocmfix::gui
