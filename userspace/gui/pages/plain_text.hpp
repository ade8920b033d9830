// SPDX-License-Identifier: MIT
// Text that somebody else may have written: never taken for markup, to be selected and copied, also
// with the keyboard.
#pragma once

#include <QLabel>
#include <QPlainTextEdit>

namespace rocmfix::gui {

/// A paragraph.
QLabel* plain_label(QWidget* parent, const QString& text = {});

/// A text of many lines; `name` is for screen readers.
QPlainTextEdit* plain_view(QWidget* parent, const QString& name);

/// `text` to the clipboard.
void copy_text(const QString& text);

}  // namespace rocmfix::gui
