// The rules of the small operations; a part of lpk_check.h.

static int32_t check_rms_norm(const lpk_device_common *device, const lpk_rms_norm *n) {
  CHECK_SIZE(n->rows, 0, "rms_norm: rows");
  CHECK_SIZE(n->width, 1, "rms_norm: width");
  CHECK_VIEW(n->input, n->rows * n->width, activations(device), "rms_norm: input");
  CHECK_VIEW(n->weights, n->width, FLOAT32, "rms_norm: weights");
  CHECK_VIEW(n->output, n->rows * n->width, activations(device), "rms_norm: output");
  return LPK_OK;
}

static int32_t check_rope(const lpk_device_common *device, const lpk_rope *r) {
  CHECK_SIZE(r->tokens, 0, "rope: tokens");
  CHECK_SIZE(r->heads, 1, "rope: heads");
  CHECK_SIZE(r->head_width, 2, "rope: head_width");
  if (r->head_width % 2) return lpk_fail(LPK_INVALID_ARGUMENT, "rope: a head_width of %d is odd", r->head_width);
  CHECK_VIEW(r->values, r->tokens * r->heads * r->head_width, activations(device), "rope: values");
  CHECK_VIEW(r->positions, r->tokens, INTEGER, "rope: positions");
  return LPK_OK;
}

static int32_t check_embedding(const lpk_device_common *device, const lpk_embedding *e) {
  CHECK_SIZE(e->tokens, 0, "embedding: tokens");
  CHECK_SIZE(e->hidden, 1, "embedding: hidden");
  CHECK_SIZE(e->vocabulary, 1, "embedding: vocabulary");
  CHECK_VIEW(e->ids, e->tokens, INTEGER, "embedding: ids");
  CHECK_VIEW(e->table, e->vocabulary * e->hidden, weights(device), "embedding: table");
  CHECK_VIEW(e->output, e->tokens * e->hidden, activations(device), "embedding: output");
  return LPK_OK;
}

static int32_t check_route(const lpk_device_common *device, const lpk_route *r) {
  (void)device;
  CHECK_SIZE(r->tokens, 0, "route: tokens");
  CHECK_SIZE(r->experts, 1, "route: experts");
  CHECK_SIZE(r->experts_per_token, 1, "route: experts_per_token");
  if (r->experts_per_token > r->experts)
    return lpk_fail(LPK_INVALID_ARGUMENT, "route: %d experts per token of %d", r->experts_per_token, r->experts);
  if (r->experts_per_token > 64)
    return lpk_fail(LPK_UNSUPPORTED, "route: %d experts per token; at most 64 are supported", r->experts_per_token);
  CHECK_VIEW(r->logits, r->tokens * r->experts, FLOAT32, "route: logits");
  CHECK_VIEW(r->expert_ids, r->tokens * r->experts_per_token, INTEGER, "route: expert_ids");
  CHECK_VIEW(r->expert_weights, r->tokens * r->experts_per_token, FLOAT32, "route: expert_weights");
  return LPK_OK;
}

static int32_t check_add(const lpk_device_common *device, const lpk_add *a) {
  CHECK_VIEW(a->source, a->count, activations(device), "add: source");
  CHECK_VIEW(a->target, a->count, activations(device), "add: target");
  return LPK_OK;
}

static int32_t check_copy_rows(const lpk_device_common *device, const lpk_copy_rows *c) {
  (void)device;
  CHECK_SIZE(c->rows, 0, "copy_rows: rows");
  CHECK_SIZE(c->width, 1, "copy_rows: width");
  CHECK_SIZE(c->source_height, 0, "copy_rows: source_height");
  CHECK_SIZE(c->target_height, 0, "copy_rows: target_height");
  CHECK_VIEW(c->source, c->source_height * c->width, ANY, "copy_rows: source");
  CHECK_VIEW(c->target, c->target_height * c->width, 1 << c->source.buffer->dtype, "copy_rows: target");
  CHECK_VIEW(c->source_rows, c->rows, INTEGER, "copy_rows: source_rows");
  CHECK_VIEW(c->target_rows, c->rows, INTEGER, "copy_rows: target_rows");
  return LPK_OK;
}

static int32_t check_argmax(const lpk_device_common *device, const lpk_argmax *a) {
  (void)device;
  CHECK_SIZE(a->rows, 0, "argmax: rows");
  CHECK_SIZE(a->width, 1, "argmax: width");
  CHECK_VIEW(a->logits, a->rows * a->width, FLOAT32, "argmax: logits");
  CHECK_VIEW(a->indices, a->rows, INTEGER, "argmax: indices");
  return LPK_OK;
}

static int32_t check_copy(const lpk_device_common *device, const lpk_copy *c) {
  (void)device;
  CHECK_VIEW(c->source, c->count, ANY, "copy: source");
  CHECK_VIEW(c->target, c->count, 1 << c->source.buffer->dtype, "copy: target");
  return LPK_OK;
}

static int32_t check_sum(const lpk_device_common *device, const lpk_sum *s) {
  CHECK_VIEW(s->source, s->count, weights(device) | activations(device), "sum: source");
  CHECK_VIEW(s->target, 1, FLOAT32, "sum: target");
  return LPK_OK;
}
