// SPDX-License-Identifier: MIT
#include "pages/overview_page.hpp"

#include <QApplication>
#include <QFontDatabase>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QListView>
#include <QMessageBox>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QStyle>
#include <QStyledItemDelegate>
#include <QVBoxLayout>
#include <utility>

#include "pages/busy_bar.hpp"
#include "pages/plain_text.hpp"

namespace rocmfix::gui {

using namespace Qt::StringLiterals;

namespace {

QStyle::StandardPixmap sign_of(CheckVerdict verdict) {
  switch (verdict) {
    case CheckVerdict::ok:
      return QStyle::SP_DialogApplyButton;
    case CheckVerdict::note:
      return QStyle::SP_MessageBoxInformation;
    case CheckVerdict::warning:
      return QStyle::SP_MessageBoxWarning;
    case CheckVerdict::problem:
      return QStyle::SP_MessageBoxCritical;
    case CheckVerdict::unknown:
      break;
  }
  return QStyle::SP_MessageBoxQuestion;
}

/// The verdict's sign is the style's, in its colours; the word is in the text.
class SignDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

 protected:
  void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
    QStyledItemDelegate::initStyleOption(option, index);
    const auto verdict = static_cast<CheckVerdict>(index.data(FindingModel::verdict_role).toInt());
    option->features |= QStyleOptionViewItem::HasDecoration;
    option->icon = QApplication::style()->standardIcon(sign_of(verdict));
    const int side = QApplication::style()->pixelMetric(QStyle::PM_SmallIconSize);
    option->decorationSize = {side, side};
  }
};

QString details_text(const FindingRow& row) {
  QStringList parts;
  if (!row.remedy.isEmpty()) {
    parts += row.remedy;
  }
  if (!row.evidence.isEmpty()) {
    parts += OverviewPage::tr("Found in:") + u"\n• "_s + row.evidence.join(u"\n• "_s);
  }
  parts += OverviewPage::tr("How this is known: %1").arg(row.source);
  return parts.join(u"\n\n"_s);
}

}  // namespace

OverviewPage::OverviewPage(Subject subject, Changer& changer, QWidget* parent)
    : QWidget(parent),
      subject_(std::move(subject)),
      changer_(changer),
      cards_(plain_label(this)),
      list_(new QListView(this)),
      busy_(new BusyBar(doctor_, tr("The doctor examines this machine…"), this)) {
  cards_->setObjectName(u"cards"_s);
  list_->setObjectName(u"findings"_s);
  list_->setAccessibleName(tr("What the doctor found"));
  list_->setModel(&findings_);
  list_->setItemDelegate(new SignDelegate(list_));
  list_->setWordWrap(true);
  list_->setUniformItemSizes(false);
  list_->setResizeMode(QListView::Adjust);
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);

  auto* const halves = new QSplitter(Qt::Vertical, this);
  halves->addWidget(list_);
  halves->addWidget(make_details());
  halves->setChildrenCollapsible(false);
  auto* const column = new QVBoxLayout(this);
  column->addWidget(cards_);
  column->addWidget(halves, 1);
  column->addWidget(busy_);

  connect(list_->selectionModel(), &QItemSelectionModel::currentChanged, this,
          &OverviewPage::show_finding);
  connect(&status_, &Command::finished, this, &OverviewPage::show_cards);
  connect(&doctor_, &Command::finished, this, &OverviewPage::show_findings);
  connect(&preview_, &Command::finished, this, &OverviewPage::show_preview);
  connect(busy_, &BusyBar::again, this, &OverviewPage::look);
  connect(&changer_, &Changer::changed, this, &OverviewPage::look);
}

QWidget* OverviewPage::make_details() {
  auto* const area = new QScrollArea(this);
  area->setWidgetResizable(true);
  area->setFrameShape(QFrame::NoFrame);
  area->setAccessibleName(tr("What the finding means and what helps"));
  auto* const inside = new QWidget(area);
  title_ = plain_label(inside, tr("Choose a finding to see what it means and what helps."));
  title_->setObjectName(u"title"_s);
  details_ = plain_label(inside);
  details_->setObjectName(u"details"_s);
  command_ = new QLineEdit(inside);
  command_->setReadOnly(true);
  command_->setObjectName(u"command"_s);
  command_->setAccessibleName(tr("Command that helps"));
  command_->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
  copy_ = new QPushButton(tr("C&opy"), inside);
  copy_->setObjectName(u"copy"_s);
  copy_->setAccessibleDescription(tr("Copies the command"));
  fix_ = new QPushButton(tr("&Fix…"), inside);
  fix_->setObjectName(u"fix"_s);
  auto* const line = new QHBoxLayout;
  line->addWidget(command_, 1);
  line->addWidget(copy_);
  line->addWidget(fix_);
  auto* const column = new QVBoxLayout(inside);
  column->addWidget(title_);
  column->addLayout(line);
  column->addWidget(details_);
  column->addStretch(1);
  area->setWidget(inside);
  for (QWidget* const widget : {static_cast<QWidget*>(command_), static_cast<QWidget*>(copy_),
                                static_cast<QWidget*>(fix_)}) {
    widget->hide();
  }
  connect(copy_, &QPushButton::clicked, this, [this] { copy_text(command_->text()); });
  connect(fix_, &QPushButton::clicked, this,
          [this] { offer_fix(findings_.finding(list_->currentIndex().row()).fix()); });
  return area;
}

void OverviewPage::look() {
  status_.start(rocmfix_command(subject_, {u"status"_s}));
  doctor_.start(rocmfix_command(subject_, {u"doctor"_s}));
}

void OverviewPage::show_cards(const CommandResult& result) {
  const auto document = document_of(result);
  cards_->setText(document ? cards_of(*document).join(u'\n')
                           : QString::fromStdString(to_string(document.error())));
}

void OverviewPage::show_findings(const CommandResult& result) {
  const auto document = document_of(result);
  if (!document) {
    const Error& error = document.error();
    busy_->say(
        QString::fromStdString(error.hint.empty() ? error.what : error.what + "\n" + error.hint));
    return;
  }
  findings_.set_findings(findings_of(*document));
  busy_->say(conclusion_of(*document));
  if (findings_.rowCount() > 0) {
    list_->setCurrentIndex(findings_.index(0));
  }
}

void OverviewPage::show_finding(const QModelIndex& index) {
  const FindingRow row = index.isValid() ? findings_.finding(index.row()) : FindingRow();
  title_->setText(row.title.isEmpty() ? row.summary : row.title + u"\n"_s + row.summary);
  details_->setText(index.isValid() ? details_text(row) : QString());
  command_->setText(row.command);
  command_->setCursorPosition(0);
  command_->setVisible(!row.command.isEmpty());
  copy_->setVisible(!row.command.isEmpty());
  fix_->setVisible(!row.fix().isEmpty());
}

// What would be written is shown before anybody is asked for a password.
void OverviewPage::offer_fix(const QStringList& words) {
  fixing_ = words;
  if (words.first() == "apply"_L1) {
    preview_.start(rocmfix_command(subject_, words + QStringList{u"--dry-run"_s}));
  } else {
    changer_.start(words);
  }
}

void OverviewPage::show_preview(const CommandResult& result) {
  const auto document = document_of(result);
  if (!document) {
    busy_->say(QString::fromStdString(document.error().what));
    return;
  }
  const Change change = Change::of(*document);
  QMessageBox box(QMessageBox::Question, tr("Fix"), tr("Write %1?").arg(change.file),
                  QMessageBox::Apply | QMessageBox::Cancel, this);
  box.setTextFormat(Qt::PlainText);
  box.setInformativeText(
      tr("“Undo” on the page Settings restores what is there now. It takes "
         "effect at the next boot."));
  box.setDetailedText(change.text);
  box.setDefaultButton(QMessageBox::Cancel);
  if (box.exec() == QMessageBox::Apply) {
    changer_.start(fixing_);
  }
}

}  // namespace rocmfix::gui
