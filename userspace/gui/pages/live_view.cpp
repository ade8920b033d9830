// SPDX-License-Identifier: MIT
#include "pages/live_view.hpp"

#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <QtConcurrentRun>
#include <utility>

#include "pages/plain_text.hpp"

namespace rocmfix::gui {

using namespace Qt::StringLiterals;

namespace {

constexpr int second_ms = 1000;

QString sensors_text(const trial::Conditions& sensors, const std::string& suffix) {
  const std::vector<std::pair<const char*, QString>> known = {
      {"vram_used_mib", LiveView::tr("VRAM in use: %1 MiB")},
      {"busy_percent", LiveView::tr("GPU use: %1 %")},
      {"temperature_c", LiveView::tr("temperature: %1 °C")},
      {"power_w", LiveView::tr("power: %1 W")},
  };
  QStringList parts;
  for (const auto& [name, text] : known) {
    if (const auto found = sensors.find(name + suffix); found != sensors.end()) {
      parts += text.arg(found->second);
    }
  }
  return parts.isEmpty() ? LiveView::tr(
                               "The card shows no sensors; it may be asleep, and is not "
                               "woken for this.")
                         : parts.join(u", "_s);
}

}  // namespace

LiveView::LiveView(Subject subject, const CrashReportModel& reports, QWidget* parent)
    : QWidget(parent),
      subject_(std::move(subject)),
      reports_(reports),
      runs_(new QTreeWidget(this)),
      card_(new QComboBox(this)),
      values_(plain_label(this)),
      chart_(new SensorChart(this)) {
  runs_->setObjectName(u"runs"_s);
  runs_->setAccessibleName(tr("Runs under way"));
  runs_->setRootIsDecorated(false);
  runs_->setHeaderLabels(
      {tr("Process"), tr("Attempt"), tr("Mitigations"), tr("Saved"), tr("Command")});
  runs_->headerItem()->setToolTip(
      3, tr("How often the program has said that it saved its progress (rocmfix.alive)"));
  card_->setObjectName(u"card"_s);
  card_->setAccessibleName(tr("Card"));
  card_->hide();
  values_->setObjectName(u"values"_s);
  auto* const column = new QVBoxLayout(this);
  column->addWidget(runs_, 1);
  column->addWidget(card_);
  column->addWidget(values_);
  column->addWidget(chart_, 2);
  tick_.setInterval(second_ms);
  connect(&tick_, &QTimer::timeout, this, &LiveView::look);
  connect(&reading_, &QFutureWatcherBase::finished, this, &LiveView::take);
  connect(card_, &QComboBox::currentIndexChanged, chart_, &SensorChart::clear);
}

LiveView::~LiveView() {
  reading_.waitForFinished();
}

void LiveView::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  tick_.start();
  look();
}

void LiveView::hideEvent(QHideEvent* event) {
  QWidget::hideEvent(event);
  tick_.stop();
}

// One reading at a time: one that is stuck in the driver is not followed by others.
void LiveView::look() {
  if (reading_.isRunning()) {
    return;
  }
  reading_.setFuture(
      QtConcurrent::run([root = subject_.root, source = last_.source, opened = opened_]() mutable {
        if (!opened) {
          source = LiveSource::open(root);
        }
        LiveSample sample = read_live_sample(source);
        return Read{std::move(source), std::move(sample)};
      }));
}

void LiveView::take() {
  last_ = reading_.result();
  if (!opened_) {
    opened_ = true;
    for (const Gpu& gpu : last_.source.gpus) {
      card_->addItem(QString::fromStdString(gpu.name.value_or(gpu.bdf)));
    }
    card_->setVisible(card_->count() > 1);
  }
  show_runs(last_.sample.runs);
  const int card = card_->currentIndex();
  if (card < 0) {
    values_->setText(tr("There is no supported card here."));
    return;
  }
  // As read_conditions() numbers them.
  const std::string suffix = card == 0 ? "" : "." + std::to_string(card);
  values_->setText(sensors_text(last_.sample.sensors, suffix));
  const Gpu& gpu = last_.source.gpus.at(static_cast<std::size_t>(card));
  chart_->add(last_.sample.time, sensor_values(last_.sample.sensors, suffix, gpu.vram_bytes));
  QList<QDateTime> faults;
  for (int i = 0; i < reports_.rowCount(); ++i) {
    faults += reports_.report(i).time;
  }
  chart_->mark(faults);
}

void LiveView::show_runs(const QList<LiveRun>& runs) {
  if (shown_ == runs) {
    return;
  }
  shown_ = runs;
  runs_->clear();
  for (const LiveRun& run : runs) {
    new QTreeWidgetItem(
        runs_, {QString::number(run.pid), run.attempt.isEmpty() ? u"–"_s : run.attempt,
                run.mitigations.isEmpty() ? u"–"_s : run.mitigations, QString::number(run.progress),
                run.command});
  }
  if (runs.isEmpty()) {
    auto* const item = new QTreeWidgetItem(runs_, {tr("Nothing runs under rocmfix-run now.")});
    item->setFirstColumnSpanned(true);
  }
}

}  // namespace rocmfix::gui
