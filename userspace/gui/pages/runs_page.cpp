// SPDX-License-Identifier: MIT
#include "pages/runs_page.hpp"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QPushButton>
#include <QSplitter>
#include <QTabWidget>
#include <QTableView>
#include <QVBoxLayout>
#include <utility>

#include "pages/live_view.hpp"
#include "pages/plain_text.hpp"
#include "pages/report_dialog.hpp"

namespace rocmfix::gui {

using namespace Qt::StringLiterals;

RunsPage::RunsPage(Subject subject, QWidget* parent)
    : QWidget(parent),
      subject_(std::move(subject)),
      model_(crash_report_folder()),
      parts_(new QTabWidget(this)) {
  parts_->setObjectName(u"parts"_s);
  parts_->setAccessibleName(tr("Crash reports, or what runs now"));
  parts_->addTab(make_reports(), tr("&Crash reports"));
  parts_->addTab(new LiveView(subject_, model_, parts_), tr("&Live"));
  auto* const column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(parts_);
  connect(&model_, &CrashReportModel::looked, this, &RunsPage::keep_current);
  connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
          &RunsPage::show_report);
  model_.look();
}

QWidget* RunsPage::make_reports() {
  auto* const part = new QWidget(this);
  table_ = new QTableView(part);
  table_->setObjectName(u"reports"_s);
  table_->setAccessibleName(tr("Crash reports, the newest first"));
  table_->setModel(&model_);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
  table_->setTabKeyNavigation(false);
  table_->verticalHeader()->hide();
  table_->horizontalHeader()->setStretchLastSection(true);
  text_ = plain_view(part, tr("The chosen report"));
  text_->setObjectName(u"report"_s);
  copy_ = new QPushButton(tr("C&opy"), part);
  copy_->setObjectName(u"copy"_s);
  bundle_ = new QPushButton(tr("Report for a &bug…"), part);
  bundle_->setObjectName(u"bundle"_s);
  auto* const halves = new QSplitter(Qt::Vertical, part);
  halves->addWidget(table_);
  halves->addWidget(text_);
  halves->setChildrenCollapsible(false);
  auto* const buttons = new QHBoxLayout;
  buttons->addStretch(1);
  buttons->addWidget(copy_);
  buttons->addWidget(bundle_);
  auto* const column = new QVBoxLayout(part);
  column->addWidget(halves, 1);
  column->addLayout(buttons);
  connect(copy_, &QPushButton::clicked, this, [this] { copy_text(text_->toPlainText()); });
  connect(bundle_, &QPushButton::clicked, this, &RunsPage::open_report_dialog);
  show_report({});
  return part;
}

// A report that comes while another one is read does not take its place.
void RunsPage::keep_current() {
  int row = model_.rowCount() > 0 ? 0 : -1;
  for (int i = 0; i < model_.rowCount(); ++i) {
    if (model_.report(i).file == current_) {
      row = i;
    }
  }
  table_->setColumnWidth(CrashReportModel::program,
                         2 * table_->horizontalHeader()->defaultSectionSize());
  table_->resizeColumnToContents(CrashReportModel::time);
  table_->resizeColumnToContents(CrashReportModel::what);
  if (row >= 0) {
    table_->setCurrentIndex(model_.index(row, 0));
  } else {
    show_report({});
  }
}

void RunsPage::show_report(const QModelIndex& index) {
  copy_->setEnabled(index.isValid());
  bundle_->setEnabled(index.isValid());
  if (!index.isValid()) {
    text_->setPlainText(
        tr("There are no crash reports. rocmfix-run writes one for each GPU fault "
           "of a program that it supervises."));
    return;
  }
  const CrashReport& report = model_.report(index.row());
  current_ = report.file;
  text_->setPlainText(full_text(report));
}

void RunsPage::open_report_dialog() {
  auto* const dialog = new ReportDialog(subject_, current_, this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->open();
}

}  // namespace rocmfix::gui
