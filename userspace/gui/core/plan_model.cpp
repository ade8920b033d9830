// SPDX-License-Identifier: MIT
#include "core/plan_model.hpp"

#include <QJsonArray>
#include <algorithm>

namespace rocmfix::gui {

using namespace Qt::StringLiterals;

namespace {

/// "-1" is a value, and nothing is a dash.
QString shown(const QJsonValue& value) {
  if (!value.isString()) {
    return u"–"_s;
  }
  return value.toString().isEmpty() ? u"\"\""_s : value.toString();
}

PlanEntry entry_of(const QJsonObject& row) {
  PlanEntry entry;
  entry.name = row["name"_L1].toString();
  entry.current = shown(row["current"_L1]);
  entry.configured = shown(row["configured"_L1]);
  entry.proposed = shown(row["proposed"_L1]);
  entry.effect = row["effect"_L1].toString();
  entry.reason = row["reason"_L1].toString();
  entry.source = row["source"_L1].toString();
  entry.command = row["command"_L1].toString();
  entry.proposes = row["proposed"_L1].isString();
  entry.parameter = row["layer"_L1].toString() == "module"_L1;
  return entry;
}

}  // namespace

void PlanModel::set_plan(const QJsonObject& plan) {
  const QStringList left = left_out();
  beginResetModel();
  entries_.clear();
  for (const QJsonValue row : plan["settings"_L1].toArray()) {
    PlanEntry entry = entry_of(row.toObject());
    entry.wanted = !left.contains(entry.name);
    entries_ += entry;
  }
  endResetModel();
}

bool PlanModel::applicable() const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const PlanEntry& entry) { return entry.applicable(); });
}

QStringList PlanModel::left_out() const {
  QStringList words;
  for (const PlanEntry& entry : entries_) {
    if (entry.applicable() && !entry.wanted) {
      words += {u"--without"_s, entry.name};
    }
  }
  return words;
}

int PlanModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(entries_.size());
}

int PlanModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : columns;
}

QVariant PlanModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
    return {};
  }
  const PlanEntry& entry = entries_.at(index.row());
  if (role == Qt::CheckStateRole && index.column() == setting && entry.applicable()) {
    return entry.wanted ? Qt::Checked : Qt::Unchecked;
  }
  if (role != Qt::DisplayRole) {
    return {};
  }
  switch (index.column()) {
    case setting:
      return entry.name;
    case current:
      return entry.current;
    case configured:
      return entry.configured;
    case proposed:
      return entry.proposed;
    case effect:
      return entry.effect;
    default:
      return entry.reason;
  }
}

QVariant PlanModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
    return {};
  }
  switch (section) {
    case setting:
      return tr("Setting");
    case current:
      return tr("Now");
    case configured:
      return tr("Configured");
    case proposed:
      return tr("Proposed");
    case effect:
      return tr("Effect");
    default:
      return tr("Reason");
  }
}

Qt::ItemFlags PlanModel::flags(const QModelIndex& index) const {
  const Qt::ItemFlags flags = QAbstractTableModel::flags(index);
  const bool tickable =
      index.isValid() && index.column() == setting && entries_.at(index.row()).applicable();
  return tickable ? flags | Qt::ItemIsUserCheckable : flags;
}

bool PlanModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  if (role != Qt::CheckStateRole || (flags(index) & Qt::ItemIsUserCheckable) == 0) {
    return false;
  }
  entries_[index.row()].wanted = value.toInt() == Qt::Checked;
  emit dataChanged(index, index, {Qt::CheckStateRole});
  emit left_out_changed();
  return true;
}

}  // namespace rocmfix::gui
