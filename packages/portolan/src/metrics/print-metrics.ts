import { setImmediate } from 'node:timers/promises'
import type { DesiredMapping } from '@portolan/core'
import { Counter, Gauge, Registry } from 'prom-client'
import { version } from '../version.ts'
import type { ProjectMetrics } from './project-metrics.ts'
import type { Served } from './serve-metrics.ts'
import type { Attempts } from './watch-record.ts'

/**
 * Prints one reading in the text format of Prometheus. The series are made anew each time, so the series of a mapping
 * ends with the mapping. The default metrics of Node are not included.
 */
export const printMetrics = async (metrics: ProjectMetrics): Promise<Served> => {
  const registry = new Registry()
  tellWatch(registry, metrics)
  await tellMappings(registry, metrics)
  tellConflicts(registry, metrics)
  tellLeases(registry, metrics)
  const texts: string[] = []
  for (const { name } of registry.getMetricsAsArray()) {
    texts.push(await registry.getSingleMetricAsString(name))
    await setImmediate()
  }
  return { contentType: registry.contentType, text: `${texts.join('\n\n')}\n` }
}

/**
 * The mappings that are printed before other work has its turn. Ten thousand mappings take a third of a second in all,
 * and a repair must not wait for that.
 */
const MAPPINGS_AT_ONCE = 250

type Labels = Readonly<Record<string, string>>
type Tell = (labels: Labels, value: number) => void

const gauge = (registry: Registry, name: string, help: string, labelNames: readonly string[]): Tell => {
  const metric = new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] })
  return (labels, value) => metric.set({ ...labels }, value)
}

/** A counter whose value was counted elsewhere. */
const counter = (registry: Registry, name: string, help: string, labelNames: readonly string[]): Tell => {
  const metric = new Counter({ name, help, labelNames: [...labelNames], registers: [registry] })
  return (labels, value) => metric.inc({ ...labels }, value)
}

const tellWatch = (registry: Registry, { project, backend, record, accounting }: ProjectMetrics) => {
  const of = { project }
  gauge(registry, 'portolan_build_info', 'The version of Portolan; 1.', ['version'])({ version }, 1)
  gauge(registry, 'portolan_watch_info', 'What is watched, and the backend of its rules; 1.', [
    'project',
    'backend',
  ])({ project, backend }, 1)
  const attempts = (name: string, help: string, { success, failure }: Attempts): void => {
    const tell = counter(registry, name, help, ['project', 'result'])
    tell({ ...of, result: 'success' }, success)
    tell({ ...of, result: 'failure' }, failure)
  }
  attempts('portolan_checks_total', 'Comparisons of the host with what is wanted.', record.checks)
  attempts('portolan_repairs_total', 'Repairs of what differed from what is wanted.', record.repairs)
  attempts('portolan_conflict_searches_total', 'Searches for conflicts.', record.searches)
  const drift = counter(
    registry,
    'portolan_drifts_total',
    'Times that something was found to differ from what is wanted: it was repaired, only reported (--check), or left for a pause.',
    ['project', 'outcome'],
  )
  for (const [outcome, count] of Object.entries(record.drifts)) drift({ ...of, outcome }, count)
  counter(
    registry,
    'portolan_contentions_total',
    'Times that another program was found to undo each repair.',
    ['project'],
  )(of, record.quarrels)
  gauge(
    registry,
    'portolan_drift_changes',
    'Changes that would bring back what is wanted, as of the last check.',
    ['project'],
  )(of, record.changes)
  const time = (name: string, help: string, at: number | null): void => {
    const tell = gauge(registry, name, help, ['project'])
    if (at !== null) tell(of, at)
  }
  time(
    'portolan_last_check_timestamp_seconds',
    'When the host was last compared with what is wanted; a watch does so at least every half minute.',
    record.checkedAt,
  )
  time(
    'portolan_last_conflict_search_timestamp_seconds',
    'When conflicts were last looked for: after a change of the host.',
    record.searchedAt,
  )
  gauge(
    registry,
    'portolan_flow_accounting',
    'Does the kernel count packets and bytes of connections that begin now (net.netfilter.nf_conntrack_acct)?',
    [],
  )({}, accounting ? 1 : 0)
}

const mappingLabels = [
  ...['project', 'backend', 'family', 'protocol', 'address', 'port', 'interface', 'network', 'service'],
]

const tellMappings = async (
  registry: Registry,
  { project, backend, mappings }: ProjectMetrics,
): Promise<void> => {
  const open = gauge(
    registry,
    'portolan_mapping_open_connections',
    'Connections that were translated to the mapping and are open.',
    mappingLabels,
  )
  const connections = counter(
    registry,
    'portolan_mapping_connections_total',
    'Connections that were translated to the mapping and that the kernel still knew at some scrape, each once.',
    mappingLabels,
  )
  const packets = counter(
    registry,
    'portolan_mapping_packets_total',
    'Packets of these connections in both directions, of connections that conntrack accounting counts.',
    mappingLabels,
  )
  const bytes = counter(
    registry,
    'portolan_mapping_bytes_total',
    'Bytes of these packets, with their IP headers.',
    mappingLabels,
  )
  for (const [at, { mapping, total }] of mappings.entries()) {
    if (at % MAPPINGS_AT_ONCE === MAPPINGS_AT_ONCE - 1) await setImmediate()
    const labels = { project, backend, ...labelsOf(mapping) }
    open(labels, total.open.connections)
    connections(labels, total.connections)
    packets(labels, total.packets)
    bytes(labels, total.bytes)
  }
}

const labelsOf = (mapping: DesiredMapping): Labels => ({
  family: mapping.family,
  protocol: mapping.protocol,
  address: mapping.hostAddress ?? (mapping.family === 'ip' ? '0.0.0.0' : '::'),
  port: String(mapping.hostPort),
  // Two mappings may differ in the interface alone.
  interface: mapping.interface ?? '',
  network: namesOf(mapping.targets.map(({ network }) => network)),
  service: namesOf(mapping.targets.map(({ service }) => service)),
})

const namesOf = (names: readonly string[]): string => [...new Set(names)].join(',')

const tellConflicts = (registry: Registry, { project, record }: ProjectMetrics): void => {
  const tell = gauge(
    registry,
    'portolan_conflicts',
    'What on the host breaks, or would break, what is published, as the last search found.',
    ['project', 'kind', 'severity'],
  )
  const counts = new Map<string, { readonly labels: Labels; count: number }>()
  for (const { kind, severity } of record.conflicts ?? []) {
    const key = `${kind} ${severity}`
    const known = counts.get(key) ?? { labels: { project, kind, severity }, count: 0 }
    known.count += 1
    counts.set(key, known)
  }
  for (const { labels, count } of counts.values()) tell(labels, count)
}

const tellLeases = (registry: Registry, { project, networks, pools }: ProjectMetrics): void => {
  const ofNetwork = ['project', 'network', 'family', 'subnet', 'pool']
  const used = gauge(registry, 'portolan_leases_used', 'Leased addresses of a network.', ofNetwork)
  const free = gauge(
    registry,
    'portolan_leases_free',
    'Addresses of a network that are neither leased nor reserved (network, broadcast and gateway address).',
    ofNetwork,
  )
  for (const { network, family, subnet, pool, addresses } of networks) {
    const labels = { project, network, family, subnet, pool: pool ?? '' }
    used(labels, addresses.used)
    free(labels, Number(addresses.free))
  }
  const usedSubnets = gauge(
    registry,
    'portolan_pool_subnets_used',
    'Subnets of a pool that overlap a leased one, of any project.',
    ['pool'],
  )
  const freeSubnets = gauge(
    registry,
    'portolan_pool_subnets_free',
    'Subnets of a pool that overlap none that is leased. Other networks of the host may have some of them.',
    ['pool'],
  )
  for (const { pool, subnets } of pools) {
    usedSubnets({ pool }, Number(subnets.used))
    freeSubnets({ pool }, Number(subnets.free))
  }
}
