// SPDX-License-Identifier: MIT
#include "pages/plain_text.hpp"

#include <QClipboard>
#include <QFontDatabase>
#include <QGuiApplication>

namespace rocmfix::gui {

QLabel* plain_label(QWidget* parent, const QString& text) {
  auto* const label = new QLabel(text, parent);
  label->setTextFormat(Qt::PlainText);
  label->setWordWrap(true);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  return label;
}

QPlainTextEdit* plain_view(QWidget* parent, const QString& name) {
  auto* const view = new QPlainTextEdit(parent);
  view->setReadOnly(true);
  // Tab goes on to the next widget, as everywhere else.
  view->setTabChangesFocus(true);
  view->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  view->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
  view->setAccessibleName(name);
  return view;
}

void copy_text(const QString& text) {
  QGuiApplication::clipboard()->setText(text);
}

}  // namespace rocmfix::gui
