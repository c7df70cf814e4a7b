#pragma once
/// \file
/// The small data around an experiment: attention maps, metrics, evaluation, checkpoints. Needs no HDF5.

#include "neurotape/attention_maps.hpp"
#include "neurotape/checkpoint.hpp"
#include "neurotape/evaluation.hpp"
#include "neurotape/metrics.hpp"
#include "neurotape/npz.hpp"
