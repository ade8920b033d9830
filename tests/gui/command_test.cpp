// SPDX-License-Identifier: MIT
// A command runs without the window waiting, can be cancelled, and what it says of an error is
// said.
#include "core/command.hpp"

#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTest>

namespace {

using namespace Qt::StringLiterals;
using rocmfix::gui::Command;
using rocmfix::gui::CommandResult;
using rocmfix::gui::document_of;

QStringList shell(const QString& script) {
  return {u"/bin/sh"_s, u"-c"_s, script};
}

/// Waits for the end of `command`.
CommandResult run(const QStringList& command) {
  Command one;
  CommandResult result;
  QObject::connect(&one, &Command::finished, [&](const CommandResult& found) { result = found; });
  QSignalSpy ends(&one, &Command::finished);
  one.start(command);
  return ends.wait() ? result : CommandResult();
}

std::string error_of(const QStringList& command) {
  const auto document = document_of(run(command));
  return document ? std::string() : document.error().what + "|" + document.error().hint;
}

class CommandTest : public QObject {
  Q_OBJECT

 private slots:
  void a_document_is_read() {
    const auto document = document_of(run(shell(u"echo '{\"schema\":1}'; exit 1"_s)));
    QVERIFY(document);
    QCOMPARE((*document)["schema"_L1].toInt(), 1);
  }

  void an_error_document_is_an_error_with_its_hint() {
    QCOMPARE(error_of(shell(u"echo '{\"error\":\"no card\",\"hint\":\"buy one\"}'"_s)),
             std::string("no card|buy one"));
  }

  void without_a_document_stderr_says_why() {
    QCOMPARE(error_of(shell(u"echo broken >&2; exit 7"_s)),
             std::string("sh gave no answer|broken"));
    QCOMPARE(error_of(shell(u"exit 7"_s)), std::string("sh gave no answer|its exit status is 7"));
  }

  void a_program_that_is_not_there_is_named() {
    QCOMPARE(error_of({u"/nowhere/rocmfix"_s}),
             std::string("/nowhere/rocmfix cannot be run|is the package installed?"));
  }

  void a_permission_that_is_not_given_changes_nothing() {
    CommandResult result{{u"pkexec"_s, u"rocmfix"_s}, true, false, 126, {}, "dismissed"};
    QVERIFY(QString::fromStdString(document_of(result).error().what).contains(u"not given"_s));
    result.status = 127;
    QVERIFY(QString::fromStdString(document_of(result).error().what).contains(u"not given"_s));
    result.status = 1;
    QCOMPARE(document_of(result).error().hint, std::string("dismissed"));
  }

  void cancelling_ends_it_at_once() {
    Command command;
    QSignalSpy ends(&command, &Command::finished);
    QElapsedTimer clock;
    clock.start();
    command.start(shell(u"exec sleep 60"_s));
    QVERIFY(command.is_running());
    command.cancel();
    QVERIFY(ends.wait());
    QVERIFY(clock.elapsed() < 5000);
    QVERIFY(!command.is_running());
    QVERIFY(ends.first().first().value<CommandResult>().cancelled);
  }

  void of_one_that_was_replaced_nothing_is_heard() {
    Command command;
    QSignalSpy ends(&command, &Command::finished);
    command.start(shell(u"echo '{\"a\":1}'; sleep 60"_s));
    command.start(shell(u"echo '{\"a\":2}'"_s));
    QVERIFY(ends.wait());
    QCOMPARE(ends.size(), 1);
    const auto document = document_of(ends.first().first().value<CommandResult>());
    QCOMPARE((*document)["a"_L1].toInt(), 2);
  }

  void it_says_when_it_begins_and_ends() {
    Command command;
    QSignalSpy changes(&command, &Command::running_changed);
    command.start(shell(u"true"_s));
    QTRY_COMPARE(changes.size(), 2);
    QCOMPARE(changes.at(0).first().toBool(), true);
    QCOMPARE(changes.at(1).first().toBool(), false);
  }
};

}  // namespace

QTEST_GUILESS_MAIN(CommandTest)
#include "command_test.moc"
