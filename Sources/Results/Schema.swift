import GRDB

/// The tables and views of a results file, and how an older file becomes a newer one.
enum Schema {
  /// What SQLite's `application_id` says in our files: "lpsm".
  static let applicationID = 0x6C70_736D

  /// The steps from an empty file to the newest schema; a file's `user_version` counts those it has seen. A step that was
  /// released never changes, so it is written in SQL and not in terms of today's types.
  static let migrations = [first, sweeps, quantiles, replicas, cachedTokens]

  private static let first =
    tables + views + "PRAGMA application_id = \(applicationID);"

  private static let tables = """
    CREATE TABLE run (
      id INTEGER PRIMARY KEY,
      config_hash TEXT NOT NULL,
      policy TEXT NOT NULL,
      policy_index INTEGER NOT NULL,
      name TEXT NOT NULL,
      trace TEXT NOT NULL,
      rate_rps REAL,
      seed INTEGER NOT NULL,
      slo_ttft_ms REAL NOT NULL,
      slo_tbt_ms REAL NOT NULL,
      gpus INTEGER NOT NULL,
      config TEXT NOT NULL,
      config_files TEXT NOT NULL,
      program_version TEXT NOT NULL,
      UNIQUE (config_hash, policy)
    ) STRICT;
    CREATE TABLE metric (
      run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
      name TEXT NOT NULL,
      unit TEXT NOT NULL,
      value REAL,
      PRIMARY KEY (run, name)
    ) STRICT;
    CREATE TABLE request (
      run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
      id INTEGER NOT NULL,
      outcome TEXT NOT NULL,
      arrival_ms REAL NOT NULL,
      first_scheduled_ms REAL,
      first_token_ms REAL,
      finish_ms REAL,
      prompt_tokens INTEGER NOT NULL,
      output_tokens INTEGER NOT NULL,
      ttft_ms REAL,
      tpot_ms REAL,
      e2e_ms REAL,
      largest_gap_ms REAL,
      preemptions INTEGER NOT NULL,
      PRIMARY KEY (run, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX request_by_arrival ON request (run, arrival_ms);
    CREATE TABLE iteration (
      run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
      idx INTEGER NOT NULL,
      start_ms REAL NOT NULL,
      end_ms REAL NOT NULL,
      kernel_ms REAL NOT NULL,
      decodes INTEGER NOT NULL,
      prefill_requests INTEGER NOT NULL,
      prefill_token_layers INTEGER NOT NULL,
      first_layer INTEGER,
      last_layer INTEGER,
      emitted_tokens INTEGER NOT NULL,
      waiting INTEGER NOT NULL,
      used_blocks INTEGER NOT NULL,
      flops REAL NOT NULL,
      dense_weights_bytes REAL NOT NULL,
      expert_weights_bytes REAL NOT NULL,
      kv_read_bytes REAL NOT NULL,
      kv_write_bytes REAL NOT NULL,
      activations_bytes REAL NOT NULL,
      nvlink_bytes REAL NOT NULL,
      energy_j REAL,
      PRIMARY KEY (run, idx)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE emission (
      run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
      request INTEGER NOT NULL,
      first_iteration INTEGER NOT NULL,
      last_iteration INTEGER NOT NULL,
      PRIMARY KEY (run, request, first_iteration)
    ) STRICT, WITHOUT ROWID;

    """

  /// `v_comparison`: every metric of every run beside that of the first policy on the same configuration.
  /// `v_slo`: one line a run, how well it served.
  private static let views = """
    CREATE VIEW v_comparison AS
      SELECT run.name, run.trace, run.rate_rps, metric.name AS metric, metric.unit,
        baseline.policy AS baseline, reference.value AS baseline_value, run.policy, metric.value,
        100.0 * (metric.value - reference.value) / reference.value AS change_pct
      FROM run
      JOIN run AS baseline ON baseline.id = (
        SELECT id FROM run AS other WHERE other.config_hash = run.config_hash ORDER BY policy_index, id LIMIT 1)
      JOIN metric ON metric.run = run.id
      JOIN metric AS reference ON reference.run = baseline.id AND reference.name = metric.name
      WHERE run.id <> baseline.id
      ORDER BY run.name, run.trace, run.rate_rps, run.config_hash, run.policy_index, metric.rowid;
    CREATE VIEW v_slo AS
      SELECT run.name, run.policy, run.trace, run.rate_rps, run.slo_ttft_ms, run.slo_tbt_ms,
        max(metric.value) FILTER (WHERE metric.name = 'slo_attainment_pct') AS slo_attainment_pct,
        max(metric.value) FILTER (WHERE metric.name = 'goodput_rps') AS goodput_rps,
        max(metric.value) FILTER (WHERE metric.name = 'request_throughput_rps') AS request_throughput_rps,
        max(metric.value) FILTER (WHERE metric.name = 'ttft_p99_ms') AS ttft_p99_ms,
        max(metric.value) FILTER (WHERE metric.name = 'tbt_p99_ms') AS tbt_p99_ms,
        max(metric.value) FILTER (WHERE metric.name = 'energy_per_token_mj') AS energy_per_token_mj
      FROM run JOIN metric ON metric.run = run.id
      GROUP BY run.id
      ORDER BY run.name, run.trace, run.policy_index, run.policy, run.rate_rps;

    """

  /// The one sweep that a file may hold, and what came of its points: a run, which points may share, or an error.
  /// `v_point`: one line a point, with what people look for first.
  private static let sweeps = """
    CREATE TABLE sweep (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      name TEXT NOT NULL,
      definition TEXT NOT NULL,
      points INTEGER NOT NULL,
      program_version TEXT NOT NULL
    ) STRICT;
    CREATE TABLE point (
      number INTEGER PRIMARY KEY,
      settings TEXT NOT NULL,
      run INTEGER REFERENCES run ON DELETE CASCADE,
      error TEXT,
      CHECK ((run IS NULL) <> (error IS NULL))
    ) STRICT;
    CREATE INDEX point_by_run ON point (run);
    CREATE VIEW v_point AS
      SELECT point.number, point.settings, run.policy, run.trace, run.rate_rps, run.seed,
        max(metric.value) FILTER (WHERE metric.name = 'ttft_p99_ms') AS ttft_p99_ms,
        max(metric.value) FILTER (WHERE metric.name = 'tbt_p99_ms') AS tbt_p99_ms,
        max(metric.value) FILTER (WHERE metric.name = 'slo_attainment_pct') AS slo_attainment_pct,
        max(metric.value) FILTER (WHERE metric.name = 'goodput_rps') AS goodput_rps,
        max(metric.value) FILTER (WHERE metric.name = 'energy_per_token_mj') AS energy_per_token_mj,
        point.error
      FROM point LEFT JOIN run ON run.id = point.run LEFT JOIN metric ON metric.run = run.id
      GROUP BY point.number
      ORDER BY point.number;

    """

  /// The distributions of times, of runs that are no points of a sweep.
  private static let quantiles = """
    CREATE TABLE quantile (
      run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
      metric TEXT NOT NULL,
      percent REAL NOT NULL,
      ms REAL NOT NULL,
      PRIMARY KEY (run, metric, percent)
    ) STRICT, WITHOUT ROWID;

    """

  /// Iterations are numbered on each replica; an older file has one. With a handover a request's keys and values move.
  private static let replicas = """
    ALTER TABLE request ADD COLUMN replica INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE request ADD COLUMN cache_arrival_ms REAL;
    ALTER TABLE iteration RENAME TO earlier_iteration;
    CREATE TABLE iteration (
      run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
      replica INTEGER NOT NULL,
      idx INTEGER NOT NULL,
      start_ms REAL NOT NULL,
      end_ms REAL NOT NULL,
      kernel_ms REAL NOT NULL,
      decodes INTEGER NOT NULL,
      prefill_requests INTEGER NOT NULL,
      prefill_token_layers INTEGER NOT NULL,
      first_layer INTEGER,
      last_layer INTEGER,
      emitted_tokens INTEGER NOT NULL,
      waiting INTEGER NOT NULL,
      used_blocks INTEGER NOT NULL,
      flops REAL NOT NULL,
      dense_weights_bytes REAL NOT NULL,
      expert_weights_bytes REAL NOT NULL,
      kv_read_bytes REAL NOT NULL,
      kv_write_bytes REAL NOT NULL,
      activations_bytes REAL NOT NULL,
      nvlink_bytes REAL NOT NULL,
      energy_j REAL,
      PRIMARY KEY (run, replica, idx)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO iteration SELECT run, 0, idx, start_ms, end_ms, kernel_ms, decodes, prefill_requests,
      prefill_token_layers, first_layer, last_layer, emitted_tokens, waiting, used_blocks, flops, dense_weights_bytes,
      expert_weights_bytes, kv_read_bytes, kv_write_bytes, activations_bytes, nvlink_bytes, energy_j
      FROM earlier_iteration;
    DROP TABLE earlier_iteration;
    ALTER TABLE emission RENAME TO earlier_emission;
    CREATE TABLE emission (
      run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
      request INTEGER NOT NULL,
      replica INTEGER NOT NULL,
      first_iteration INTEGER NOT NULL,
      last_iteration INTEGER NOT NULL,
      PRIMARY KEY (run, request, replica, first_iteration)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO emission SELECT run, request, 0, first_iteration, last_iteration FROM earlier_emission;
    DROP TABLE earlier_emission;

    """

  /// What of each prompt was found in the prefix cache.
  private static let cachedTokens = """
    ALTER TABLE request ADD COLUMN cached_tokens INTEGER NOT NULL DEFAULT 0;

    """

  /// Brings a file to the newest schema inside the transaction that is open.
  static func migrate(_ db: Database) throws {
    let seen = try version(db)
    for migration in migrations.dropFirst(seen) { try db.execute(sql: migration) }
    try db.execute(sql: "PRAGMA user_version = \(migrations.count)")
  }

  /// How many steps a file has seen.
  static func version(_ db: Database) throws -> Int { try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0 }
}
