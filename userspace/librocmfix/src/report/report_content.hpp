// SPDX-License-Identifier: MIT
// What is behind a Report.
#pragma once

#include "report/report_tree.hpp"
#include "rocmfix/report.hpp"

namespace rocmfix {

struct Report::Content {
  detail::ReportTree tree;
  bool complete = true;
};

}  // namespace rocmfix
