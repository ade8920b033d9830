// SPDX-License-Identifier: MIT
// How a program is started: what rocmfix-run is given, and what it says that it would set.
#pragma once

#include <QJsonObject>
#include <QList>
#include <QString>
#include <QStringList>

#include "core/subject.hpp"

namespace rocmfix::gui {

struct Launch {
  QStringList program;  ///< with its arguments
  int retries = 0;
  QString card;  ///< to simulate; empty: the machine's own

  /// rocmfix-run with its options and the program; `options` come first.
  [[nodiscard]] QStringList command(const Subject& subject, const QStringList& options = {}) const;
};

/// One line of `rocmfix-run --dry-run --json`.
struct Variable {
  QString name;
  QString value;
  QString why;
};

QList<Variable> variables_of(const QJsonObject& environment);

/// The command that runs `command` in a window of a terminal, or empty: there is none.
QStringList terminal_command(const QStringList& command);

}  // namespace rocmfix::gui
