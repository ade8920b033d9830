// SPDX-License-Identifier: MIT
#include "core/command.hpp"

#include <QCoreApplication>
#include <QFileInfo>
#include <QJsonDocument>

namespace rocmfix::gui {

using namespace Qt::StringLiterals;

namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(Command)
};

// pkexec(1): the user has closed the dialog, or is not allowed to.
constexpr int dismissed = 126;
constexpr int not_authorized = 127;

Error plain_error(const QString& what, const QString& hint = {}) {
  return {ErrorCode::failed, what.toStdString(), 0, hint.toStdString()};
}

/// Of a program that printed no document.
Error no_document(const CommandResult& result) {
  const QString name = QFileInfo(result.command.first()).fileName();
  if (name == "pkexec"_L1 && (result.status == dismissed || result.status == not_authorized)) {
    return plain_error(Words::tr("Nothing was changed: the permission was not given"));
  }
  const QString said = QString::fromUtf8(result.errors).trimmed();
  return plain_error(Words::tr("%1 gave no answer").arg(name),
                     said.isEmpty() ? Words::tr("its exit status is %1").arg(result.status) : said);
}

}  // namespace

Result<QJsonObject> document_of(const CommandResult& result) {
  if (result.cancelled) {
    return fail(plain_error(Words::tr("Cancelled")));
  }
  if (!result.started) {
    return fail(plain_error(Words::tr("%1 cannot be run").arg(result.command.first()),
                            Words::tr("is the package installed?")));
  }
  QJsonObject document = QJsonDocument::fromJson(result.output).object();
  if (document.isEmpty()) {
    return fail(no_document(result));
  }
  if (const QString what = document["error"_L1].toString(); !what.isEmpty()) {
    return fail(plain_error(what, document["hint"_L1].toString()));
  }
  return document;
}

Command::Command(QObject* parent) : QObject(parent) {}

Command::~Command() {
  forget();
}

void Command::start(const QStringList& command) {
  forget();
  result_ = {};
  result_.command = command;
  process_ = new QProcess(this);
  process_->setStandardInputFile(QProcess::nullDevice());
  connect(process_, &QProcess::finished, this, [this] { finish(true); });
  connect(process_, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
    if (error == QProcess::FailedToStart) {
      finish(false);
    }
  });
  // First: that it cannot be started may be known at once.
  emit running_changed(true);
  process_->start(command.first(), command.mid(1));
}

void Command::cancel() {
  if (process_ != nullptr) {
    result_.cancelled = true;
    process_->kill();
  }
}

void Command::finish(bool started) {
  result_.started = started;
  result_.status = process_->exitStatus() == QProcess::NormalExit ? process_->exitCode() : -1;
  result_.output = process_->readAllStandardOutput();
  result_.errors = process_->readAllStandardError();
  process_->deleteLater();
  process_ = nullptr;
  const CommandResult result = result_;
  emit running_changed(false);
  emit finished(result);
}

void Command::forget() {
  if (process_ == nullptr) {
    return;
  }
  process_->disconnect(this);
  process_->kill();
  // A process that has become root (pkexec) cannot be killed, and is not waited for.
  process_->waitForFinished(100);
  process_->deleteLater();
  process_ = nullptr;
}

}  // namespace rocmfix::gui
