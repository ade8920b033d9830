// SPDX-License-Identifier: MIT
#include "pages/start_page.hpp"

#include <QComboBox>
#include <QDir>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QJsonArray>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QSplitter>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <csignal>
#include <utility>

#include "pages/plain_text.hpp"

namespace rocmfix::gui {

using namespace Qt::StringLiterals;

namespace {

constexpr int typing_ms = 400;
// Of output that is kept to be shown: a training prints for days.
constexpr int most_lines = 5000;
constexpr int most_retries = 1000;

}  // namespace

StartPage::StartPage(Subject subject, QWidget* parent)
    : QWidget(parent), subject_(std::move(subject)) {
  variables_ = new QTreeWidget(this);
  variables_->setObjectName(u"variables"_s);
  variables_->setAccessibleName(tr("Environment of the program"));
  variables_->setRootIsDecorated(false);
  variables_->setHeaderLabels({tr("Variable"), tr("Value"), tr("Why")});
  output_ = plain_view(this, tr("Output of the program"));
  output_->setObjectName(u"output"_s);
  output_->setMaximumBlockCount(most_lines);
  said_ = plain_label(this);
  said_->setObjectName(u"said"_s);
  auto* const halves = new QSplitter(Qt::Vertical, this);
  halves->addWidget(variables_);
  halves->addWidget(output_);
  halves->setChildrenCollapsible(false);
  auto* const column = new QVBoxLayout(this);
  column->addWidget(make_form());
  column->addWidget(halves, 1);
  column->addWidget(said_);
  column->addWidget(make_buttons());
  typing_.setSingleShot(true);
  typing_.setInterval(typing_ms);
  process_.setProcessChannelMode(QProcess::MergedChannels);
  listen();
  enable_buttons();
  cards_.start({program_path(u"rocmfix-run"_s), u"--simulate"_s, u"list"_s, u"--json"_s});
  look();
}

StartPage::~StartPage() {
  process_.disconnect(this);
  if (is_running()) {
    process_.terminate();
    constexpr int patience_ms = 3000;
    process_.waitForFinished(patience_ms);
  }
}

QWidget* StartPage::make_form() {
  auto* const part = new QWidget(this);
  program_ = new QLineEdit(part);
  program_->setObjectName(u"program"_s);
  program_->setPlaceholderText(u"python3 train.py"_s);
  folder_ = new QLineEdit(QDir::homePath(), part);
  folder_->setObjectName(u"folder"_s);
  auto* const choose = new QPushButton(tr("Choos&e…"), part);
  connect(choose, &QPushButton::clicked, this, [this] {
    const QString chosen = QFileDialog::getExistingDirectory(this, tr("Folder"), folder_->text());
    if (!chosen.isEmpty()) {
      folder_->setText(chosen);
    }
  });
  retries_ = new QSpinBox(part);
  retries_->setObjectName(u"retries"_s);
  retries_->setRange(0, most_retries);
  retries_->setSpecialValueText(tr("none"));
  card_ = new QComboBox(part);
  card_->setObjectName(u"card"_s);
  card_->addItem(subject_.is_system() ? tr("the card of this machine") : subject_.root, QString());
  card_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  card_->setMinimumContentsLength(12);
  auto* const place = new QHBoxLayout;
  place->addWidget(folder_, 1);
  place->addWidget(choose);
  auto* const form = new QFormLayout(part);
  form->setContentsMargins(0, 0, 0, 0);
  form->setRowWrapPolicy(QFormLayout::WrapLongRows);
  form->addRow(tr("&Program:"), program_);
  form->addRow(tr("&Folder:"), place);
  form->addRow(tr("&Attempts after a GPU fault:"), retries_);
  form->addRow(tr("Car&d:"), card_);
  // A layout has no focus to give.
  static_cast<QLabel*>(form->labelForField(place))->setBuddy(folder_);
  return part;
}

QWidget* StartPage::make_buttons() {
  auto* const part = new QWidget(this);
  here_ = new QPushButton(tr("Start &here"), part);
  here_->setObjectName(u"here"_s);
  terminal_ = new QPushButton(tr("Start in a ter&minal"), part);
  terminal_->setObjectName(u"terminal"_s);
  stop_ = new QPushButton(tr("St&op"), part);
  stop_->setObjectName(u"stop"_s);
  auto* const row = new QHBoxLayout(part);
  row->setContentsMargins(0, 0, 0, 0);
  row->addStretch(1);
  row->addWidget(stop_);
  row->addWidget(terminal_);
  row->addWidget(here_);
  return part;
}

void StartPage::listen() {
  connect(program_, &QLineEdit::textChanged, &typing_, qOverload<>(&QTimer::start));
  connect(program_, &QLineEdit::textChanged, this, &StartPage::enable_buttons);
  connect(program_, &QLineEdit::returnPressed, here_, &QPushButton::click);
  connect(retries_, &QSpinBox::valueChanged, &typing_, qOverload<>(&QTimer::start));
  connect(card_, &QComboBox::currentIndexChanged, &typing_, qOverload<>(&QTimer::start));
  connect(&typing_, &QTimer::timeout, this, &StartPage::look);
  connect(&cards_, &Command::finished, this, &StartPage::show_cards);
  connect(&preview_, &Command::finished, this, &StartPage::show_variables);
  connect(here_, &QPushButton::clicked, this, &StartPage::run_here);
  connect(terminal_, &QPushButton::clicked, this, &StartPage::run_in_terminal);
  connect(stop_, &QPushButton::clicked, this, &StartPage::stop);
  connect(&process_, &QProcess::readyRead, this, &StartPage::show_output);
  connect(&process_, &QProcess::stateChanged, this, &StartPage::enable_buttons);
  connect(&process_, &QProcess::finished, this, &StartPage::show_end);
  connect(&process_, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
    if (error == QProcess::FailedToStart) {
      said_->setText(tr("It cannot be started: %1").arg(process_.errorString()));
    }
  });
}

Launch StartPage::launch() const {
  return {QProcess::splitCommand(program_->text()), retries_->value(),
          card_->currentData().toString()};
}

void StartPage::look() {
  preview_.start(launch().command(subject_, {u"--dry-run"_s, u"--json"_s}));
}

void StartPage::show_cards(const CommandResult& result) {
  const auto document = document_of(result);
  if (!document) {
    return;
  }
  for (const QJsonValue card : (*document)["cards"_L1].toArray()) {
    card_->addItem(tr("simulated %1").arg(card["name"_L1].toString()), card["card"_L1].toString());
  }
}

void StartPage::show_variables(const CommandResult& result) {
  variables_->clear();
  const auto document = document_of(result);
  if (!document) {
    said_->setText(QString::fromStdString(document.error().what + ". " + document.error().hint));
    return;
  }
  for (const Variable& one : variables_of(*document)) {
    auto* const item = new QTreeWidgetItem(variables_, {one.name, one.value, one.why});
    item->setToolTip(2, Qt::convertFromPlainText(one.why));
  }
  if (variables_->topLevelItemCount() == 0) {
    auto* const item = new QTreeWidgetItem(variables_, {tr("Nothing would be set.")});
    item->setFirstColumnSpanned(true);
  }
  variables_->resizeColumnToContents(0);
  if (!is_running()) {
    said_->setText(u"$ "_s + launch().command(subject_).join(u' '));
  }
}

void StartPage::run_here() {
  if (is_running() || launch().program.isEmpty()) {
    return;
  }
  const QStringList command = launch().command(subject_);
  output_->clear();
  process_.setWorkingDirectory(folder_->text());
  process_.start(command.first(), command.mid(1), QIODevice::ReadOnly);
  said_->setText(tr("It runs."));
}

void StartPage::run_in_terminal() {
  const QStringList command = terminal_command(launch().command(subject_));
  if (command.isEmpty()) {
    said_->setText(tr("There is no terminal: install xterm, for example."));
    return;
  }
  QProcess outside;
  outside.setProgram(command.first());
  outside.setArguments(command.mid(1));
  outside.setWorkingDirectory(folder_->text());
  said_->setText(outside.startDetached() ? tr("Started in a terminal.")
                                         : tr("The terminal cannot be started."));
}

// rocmfix-run passes it on and does not start the program again.
void StartPage::stop() {
  if (process_.processId() > 0) {
    ::kill(static_cast<pid_t>(process_.processId()), SIGINT);
  }
}

void StartPage::show_output() {
  QTextCursor end(output_->document());
  end.movePosition(QTextCursor::End);
  end.insertText(QString::fromUtf8(process_.readAll()));
}

void StartPage::show_end() {
  show_output();
  said_->setText(process_.exitStatus() == QProcess::NormalExit
                     ? tr("It has ended with status %1.").arg(process_.exitCode())
                     : tr("It was ended by a signal."));
}

void StartPage::enable_buttons() {
  const bool running = is_running();
  const bool typed = !launch().program.isEmpty();
  here_->setEnabled(typed && !running);
  terminal_->setEnabled(typed);
  stop_->setEnabled(running);
}

}  // namespace rocmfix::gui
