// SPDX-License-Identifier: MIT
// One program that runs without the window waiting for it, and what it printed.
#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <QObject>
#include <QProcess>
#include <QStringList>

#include "rocmfix/error.hpp"

namespace rocmfix::gui {

struct CommandResult {
  QStringList command;
  bool started = false;
  bool cancelled = false;
  int status = 0;  ///< -1: it was ended by a signal
  QByteArray output;
  QByteArray errors;
};

/// The JSON document that it printed. Errors: what the document says of one; invalid when there is
/// none; failed when it did not run, or was not allowed to.
Result<QJsonObject> document_of(const CommandResult& result);

class Command : public QObject {
  Q_OBJECT

 public:
  explicit Command(QObject* parent = nullptr);
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  Command(Command&&) = delete;
  Command& operator=(Command&&) = delete;
  /// Ends it.
  ~Command() override;

  /// Ends one that still runs, of which nothing more is heard, and starts this one.
  void start(const QStringList& command);
  /// Ends it; finished() says that it was cancelled.
  void cancel();
  [[nodiscard]] bool is_running() const { return process_ != nullptr; }

 signals:
  void running_changed(bool running);
  void finished(const rocmfix::gui::CommandResult& result);

 private:
  void finish(bool started);
  void forget();

  QProcess* process_ = nullptr;
  CommandResult result_;
};

}  // namespace rocmfix::gui
