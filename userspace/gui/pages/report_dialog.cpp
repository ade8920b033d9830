// SPDX-License-Identifier: MIT
#include "pages/report_dialog.hpp"

#include <QDateTime>
#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QPushButton>
#include <QVBoxLayout>
#include <utility>

#include "pages/busy_bar.hpp"
#include "pages/plain_text.hpp"

namespace rocmfix::gui {

using namespace Qt::StringLiterals;

ReportDialog::ReportDialog(Subject subject, QString incident, QWidget* parent)
    : QDialog(parent),
      subject_(std::move(subject)),
      incident_(std::move(incident)),
      view_(plain_view(this, tr("All that would be in the report"))),
      busy_(new BusyBar(preview_, tr("Collecting what a report would have…"), this)) {
  setWindowTitle(tr("Report for a bug"));
  resize(700, 500);
  view_->setObjectName(u"preview"_s);
  auto* const about = plain_label(
      this, tr("Names of people and of the machine, serial numbers, addresses, passwords and "
               "tokens are replaced where rocmfix recognises them. Please look through it before "
               "you give it to others. Nothing is sent anywhere."));
  auto* const buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
  save_ = buttons->addButton(tr("&Save…"), QDialogButtonBox::AcceptRole);
  save_->setObjectName(u"save"_s);
  save_->setEnabled(false);
  auto* const column = new QVBoxLayout(this);
  column->addWidget(about);
  column->addWidget(view_, 1);
  column->addWidget(busy_);
  column->addWidget(buttons);
  connect(save_, &QPushButton::clicked, this, &ReportDialog::ask_file);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  connect(busy_, &BusyBar::again, this, &ReportDialog::look);
  connect(&preview_, &Command::finished, this, &ReportDialog::show_preview);
  connect(&saving_, &Command::finished, this, &ReportDialog::show_saved);
  look();
}

void ReportDialog::look() {
  QStringList command = rocmfix_command(subject_, {u"report"_s, u"--preview"_s});
  // Its text for people: what is read is what is written.
  command.removeAll(u"--json"_s);
  preview_.start(command + QStringList{u"--incident"_s, incident_});
}

void ReportDialog::show_preview(const CommandResult& result) {
  const bool shown = result.started && !result.cancelled && result.status == 0;
  view_->setPlainText(QString::fromUtf8(shown ? result.output : result.errors));
  save_->setEnabled(shown);
  busy_->say(shown ? tr("This would be in it.") : tr("There is no preview."));
}

void ReportDialog::ask_file() {
  const QString name = u"rocmfix-report-"_s +
                       QDateTime::currentDateTime().toString(u"yyyyMMdd-HHmmss"_s) + u".tar.zst"_s;
  const QString file = QFileDialog::getSaveFileName(
      this, tr("Save the report"), QDir::homePath() + u'/' + name, tr("Reports (*.tar.zst)"));
  if (!file.isEmpty()) {
    save(file);
  }
}

void ReportDialog::save(const QString& file) {
  save_->setEnabled(false);
  saving_.start(
      rocmfix_command(subject_, {u"report"_s, u"-o"_s, file, u"--incident"_s, incident_}));
  busy_->say(tr("Writing %1…").arg(file));
}

void ReportDialog::show_saved(const CommandResult& result) {
  const auto document = document_of(result);
  save_->setEnabled(true);
  busy_->say(document
                 ? tr("Wrote %1").arg((*document)["file"_L1].toString())
                 : QString::fromStdString(document.error().what + ". " + document.error().hint));
}

}  // namespace rocmfix::gui
