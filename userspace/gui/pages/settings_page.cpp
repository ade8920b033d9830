// SPDX-License-Identifier: MIT
#include "pages/settings_page.hpp"

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QPushButton>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>
#include <utility>

#include "pages/busy_bar.hpp"
#include "pages/plain_text.hpp"

namespace rocmfix::gui {

using namespace Qt::StringLiterals;

SettingsPage::SettingsPage(Subject subject, Changer& changer, QWidget* parent)
    : QWidget(parent), subject_(std::move(subject)), changer_(changer) {
  busy_ = new BusyBar(plan_, tr("Reading the settings…"), this);
  auto* const halves = new QSplitter(Qt::Vertical, this);
  halves->addWidget(make_table());
  halves->addWidget(make_preview());
  halves->setChildrenCollapsible(false);
  halves->setStretchFactor(0, 3);
  halves->setStretchFactor(1, 2);
  auto* const column = new QVBoxLayout(this);
  column->addWidget(make_top());
  column->addWidget(halves, 1);
  column->addWidget(make_buttons());
  column->addWidget(busy_);
  listen();
  enable_buttons();
}

QWidget* SettingsPage::make_top() {
  auto* const top = new QWidget(this);
  profile_ = new QComboBox(top);
  profile_->setObjectName(u"profile"_s);
  profile_->addItem(tr("safe: settings known to be correct"), u"safe"_s);
  profile_->addItem(tr("original: the values of the original fix"), u"original"_s);
  // A narrow window cuts the text of the box, and not the window.
  profile_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  profile_->setMinimumContentsLength(12);
  auto* const label = new QLabel(tr("&Profile:"), top);
  label->setBuddy(profile_);
  livepatch_box_ = new QCheckBox(tr("&Livepatch"), top);
  livepatch_box_->setObjectName(u"livepatch"_s);
  livepatch_box_->setAccessibleDescription(
      tr("rocmfix's changes in the running driver, until the next boot"));
  auto* const row = new QHBoxLayout(top);
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(label);
  row->addWidget(profile_, 1);
  row->addWidget(livepatch_box_);
  return top;
}

QWidget* SettingsPage::make_table() {
  auto* const part = new QWidget(this);
  table_ = new QTableView(part);
  table_->setObjectName(u"plan"_s);
  table_->setAccessibleName(tr("Settings: now, configured, proposed"));
  table_->setModel(&model_);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
  table_->setTabKeyNavigation(false);
  table_->verticalHeader()->hide();
  table_->horizontalHeader()->setStretchLastSection(true);
  reason_ = plain_label(part);
  reason_->setObjectName(u"reason"_s);
  auto* const column = new QVBoxLayout(part);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(table_, 1);
  column->addWidget(reason_);
  return part;
}

QWidget* SettingsPage::make_preview() {
  auto* const part = new QWidget(this);
  file_ = plain_view(part, tr("The file that Apply would write"));
  file_->setObjectName(u"file"_s);
  auto* const label = new QLabel(tr("Apply &would write:"), part);
  label->setBuddy(file_);
  auto* const column = new QVBoxLayout(part);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(label);
  column->addWidget(file_, 1);
  return part;
}

QWidget* SettingsPage::make_buttons() {
  auto* const part = new QWidget(this);
  apply_ = new QPushButton(tr("&Apply"), part);
  apply_->setObjectName(u"apply"_s);
  undo_button_ = new QPushButton(tr("&Undo"), part);
  undo_button_->setObjectName(u"undo"_s);
  undo_button_->setAccessibleDescription(tr("Restores the settings from before Apply"));
  auto* const row = new QHBoxLayout(part);
  row->setContentsMargins(0, 0, 0, 0);
  row->addStretch(1);
  row->addWidget(undo_button_);
  row->addWidget(apply_);
  return part;
}

void SettingsPage::listen() {
  connect(busy_, &BusyBar::again, this, &SettingsPage::look);
  connect(profile_, &QComboBox::currentIndexChanged, this, &SettingsPage::look);
  connect(&model_, &PlanModel::left_out_changed, this, &SettingsPage::look_ahead);
  connect(table_->selectionModel(), &QItemSelectionModel::currentChanged, this,
          &SettingsPage::show_row);
  connect(&plan_, &Command::finished, this, &SettingsPage::show_plan);
  connect(&preview_, &Command::finished, this, &SettingsPage::show_preview);
  connect(&undo_, &Command::finished, this, &SettingsPage::show_undo);
  connect(&livepatch_, &Command::finished, this, &SettingsPage::show_livepatch);
  connect(apply_, &QPushButton::clicked, this, [this] { changer_.start(apply_words()); });
  connect(undo_button_, &QPushButton::clicked, this, [this] { changer_.start({u"revert"_s}); });
  connect(livepatch_box_, &QCheckBox::clicked, this, [this](bool on) {
    changer_.start({u"livepatch"_s, on ? u"on"_s : u"off"_s});
  });
  connect(&changer_, &Changer::running_changed, this, &SettingsPage::enable_buttons);
  // After a failure, too: the box shows what is, and not what was clicked.
  connect(&changer_, &Changer::changed, this, &SettingsPage::look);
  connect(&changer_, &Changer::failed, this, &SettingsPage::look);
}

QStringList SettingsPage::apply_words() const {
  return QStringList{u"apply"_s, u"--profile"_s, profile_->currentData().toString()} +
         model_.left_out();
}

void SettingsPage::look() {
  plan_.start(
      rocmfix_command(subject_, {u"plan"_s, u"--profile"_s, profile_->currentData().toString()}));
  undo_.start(rocmfix_command(subject_, {u"revert"_s, u"--dry-run"_s}));
  livepatch_.start(rocmfix_command(subject_, {u"livepatch"_s, u"status"_s}));
}

void SettingsPage::show_plan(const CommandResult& result) {
  const auto document = document_of(result);
  const int row = table_->currentIndex().row();
  model_.set_plan(document ? *document : QJsonObject());
  if (!document) {
    busy_->say(QString::fromStdString(document.error().what));
  } else if (model_.rowCount() == 0) {
    busy_->say(tr("There is no supported card here: nothing to set."));
  } else {
    busy_->say(
        tr("A parameter of the driver that is ticked is written by Apply. Variables are "
           "set by rocmfix-run, for the program that it starts."));
  }
  table_->resizeColumnsToContents();
  if (model_.rowCount() > 0) {
    table_->setCurrentIndex(model_.index(qBound(0, row, model_.rowCount() - 1), 0));
  }
  look_ahead();
}

void SettingsPage::look_ahead() {
  preview_.start(rocmfix_command(subject_, apply_words() + QStringList{u"--dry-run"_s}));
}

void SettingsPage::show_preview(const CommandResult& result) {
  const auto document = document_of(result);
  const Change change = document ? Change::of(*document) : Change();
  applicable_ = change.changed;
  QStringList lines = change.notes;
  if (!document) {
    lines += QString::fromStdString(document.error().what);
  } else if (!change.changed) {
    lines += tr("%1 is as it should be: there is nothing to apply.").arg(change.file);
  }
  lines += change.text;
  file_->setPlainText(lines.join(u'\n'));
  enable_buttons();
}

void SettingsPage::show_undo(const CommandResult& result) {
  const auto document = document_of(result);
  undoable_ = document && Change::of(*document).changed;
  enable_buttons();
}

void SettingsPage::show_livepatch(const CommandResult& result) {
  const auto document = document_of(result);
  const QJsonObject state = document ? (*document)["livepatch"_L1].toObject() : QJsonObject();
  livepatch_installed_ = state["installed"_L1].isObject();
  livepatch_box_->setChecked(state["in_force"_L1].toBool());
  livepatch_box_->setToolTip(livepatch_installed_
                                 ? QString()
                                 : tr("The package rocmfix-livepatch-dkms is not installed."));
  enable_buttons();
}

void SettingsPage::show_row(const QModelIndex& index) {
  if (!index.isValid()) {
    reason_->clear();
    return;
  }
  const PlanEntry& entry = model_.entry(index.row());
  QString text = entry.name + u": "_s + entry.reason;
  if (!entry.source.isEmpty()) {
    text += u" ["_s + entry.source + u"]"_s;
  }
  if (!entry.command.isEmpty()) {
    text += u'\n' + tr("One that runs on the GPU: %1").arg(entry.command);
  }
  reason_->setText(text);
}

void SettingsPage::enable_buttons() {
  const bool idle = !changer_.is_running();
  apply_->setEnabled(idle && applicable_);
  undo_button_->setEnabled(idle && undoable_);
  livepatch_box_->setEnabled(idle && livepatch_installed_ && subject_.is_system());
}

}  // namespace rocmfix::gui
