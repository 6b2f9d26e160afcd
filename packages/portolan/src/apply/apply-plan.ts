import { forwardingFamily, type LinkChange, type Runner, type SysctlChange } from '@portolan/core'
import {
  type HostLockOptions,
  type Links,
  mayChangeNetwork,
  noteRouteHolder,
  openLinks,
  readSysctl,
  requireXtablesLock,
  runsHere,
  withHostLock,
  writeSysctl,
} from '@portolan/host'
import { type HostFacts, PermissionError } from '@portolan/netfilter'
import { type Backend, backends } from '../backend/backend.ts'
import { dialects } from '../backend/dialects.ts'
import { refuseElsewhere } from '../backend/refuse-elsewhere.ts'
import { changeRules, openRuleChannel, type RuleChannel } from '../host-rules/change-rules.ts'
import { changesOf } from '../plan/changes-of.ts'
import type { FixChange } from '../plan/fix-change.ts'
import type { Plan, PlanChange } from '../plan/plan.ts'
import { applyFix } from './apply-fix.ts'
import { type Batch, batches } from './batches.ts'
import { giveBackUnused, observe } from './give-back.ts'
import { type HostMemory, openMemory } from './host-memory.ts'
import { mergeFlows, owedBefore, owedBy, owesNothing, payFlows } from './owed-flows.ts'
import { putAddressesBack } from './put-addresses-back.ts'
import { refuseStale } from './refuse-stale.ts'
import { withApplied } from './with-message.ts'

/** @internal */
export interface ApplyContext {
  readonly runner: Runner
  readonly stateDirectory: string
  readonly onWait?: HostLockOptions['onWait']
  /** The caller holds the host's lock, and made the plan under it. */
  readonly lockHeld?: boolean
  /**
   * Takes the leases before anything is changed. Throws when a lease is no longer available.
   * @returns a function that gives the leases back
   */
  readonly lease?: () => Promise<() => Promise<void>>
  /** Called before each batch of changes is carried out. */
  readonly onProgress?: (sentence: string) => void
}

/** The parts of a plan that `carryOut` needs. A removal has these parts too. */
export type Work = Pick<Plan, 'changes' | 'observed' | 'withdrawn'> & Partial<Pick<Plan, 'added' | 'project'>>

/**
 * Carries out a plan under the host's lock. Neighbouring changes of one part are one transaction.
 *
 * @throws StaleStateError when the host changed after the plan was made; nothing has been changed then
 * @throws ApplyError when a change is refused; earlier changes stay, and the next plan goes on from there
 * @throws PermissionError
 * @internal
 */
export const carryOut = async (
  work: Work,
  context: ApplyContext,
  after: (memory: HostMemory) => Promise<void> = async () => {},
): Promise<void> => {
  refusePowerless(work)
  await refuseElsewhere(context.runner)
  await underLock(context, async () => {
    // This comes before leases and notes: `withHostLock` gives its lock up and starts again until iptables is free.
    if (needsXtables(work.changes) && runsHere(context.runner)) requireXtablesLock()
    const rules = await openRuleChannel(new Set(work.changes.map(({ part }) => part)), context.runner)
    try {
      await changeHost(work, { ...context, rules }, after)
    } finally {
      rules.close()
    }
  })
}

const changeHost = async (
  work: Work,
  context: ApplyContext & { readonly rules: RuleChannel },
  after: (memory: HostMemory) => Promise<void>,
): Promise<void> => {
  const facts = await readAgain(work, context)
  const memory = await openMemory(context.stateDirectory)
  memory.refuseOtherFixes(work.changes.flatMap((change) => (change.part === 'fix' ? [change.operation] : [])))
  const owed = owedBy(work)
  await ensureMemory(work.changes, !owesNothing(owed), memory, context)
  // Leases come before changes. A killed run then leaves no bridge with a subnet that another network could lease.
  const giveBack = await context.lease?.()
  if (work.changes.some(({ operation }) => operation.kind === 'set-route'))
    noteRouteHolder(context.stateDirectory)
  const links = openLinks()
  const applied: (readonly PlanChange[])[] = []
  const left: unknown[] = []
  try {
    // Noted before the rules change, so that the run after a killed one knows which connections are left to forget.
    await memory.owe(owed)
    for (const batch of batches(work.changes)) {
      context.onProgress?.(`${batch.length} ${batch.length === 1 ? 'change' : 'changes'} of ${batch[0].part}`)
      await carryOutBatch(batch, { context, work, facts, memory, links, applied, left })
    }
    const before = owedBefore(work.changes)
    await payFlows(mergeFlows(owed, before.due))
    await memory.settle(mergeFlows(owed, before.noted))
    const [first] = left
    if (first !== undefined) throw first
    await after(memory)
  } catch (error) {
    const isUntouched = applied.length === 0
    const readNow = async () => (await observe(context.runner)).rules
    const cutShort = { applied: applied.flat(), rules: work.observed.rules, readNow, links }
    const inForce = await putAddressesBack(cutShort)
    if (giveBack !== undefined)
      await giveBackUnused({ error, observed: work.observed, isUntouched, giveBack }, context.runner)
    throw withApplied(
      error,
      inForce.map(({ description }) => description),
    )
  } finally {
    links.close()
  }
}

/** Tells whether a change may need the lock of iptables. A fix may call either variant of iptables. */
const needsXtables = (changes: readonly PlanChange[]): boolean =>
  backends.some((backend) => dialects[backend].usesXtablesLock && changesOf(changes, backend).length > 0)

/** Refuses early, because the lock file and the state directory would fail with a less useful message. */
const refusePowerless = ({ changes }: Work): void => {
  if (changes.every(({ part }) => part === 'lease') || mayChangeNetwork()) return
  throw new PermissionError(
    'Changing rules and interfaces needs the capability CAP_NET_ADMIN. Run this as root, or with "sudo". Nothing was changed.',
    'CAP_NET_ADMIN',
  )
}

const underLock = (context: ApplyContext, work: () => Promise<void>): Promise<void> =>
  context.lockHeld === true
    ? work()
    : withHostLock(work, context.onWait === undefined ? {} : { onWait: context.onWait })

/**
 * Makes sure that the state directory can be written before the host changes. `destroy` puts back only noted values.
 * @throws PortolanError when the directory cannot be written; nothing has been changed then
 */
const ensureMemory = async (
  changes: readonly PlanChange[],
  owes: boolean,
  memory: HostMemory,
  { runner }: ApplyContext,
): Promise<void> => {
  const isRemembered = changes.some(
    ({ part, operation }) =>
      part === 'fix' ||
      (part === 'sysctl' && operation.before !== null) ||
      (part === 'link' &&
        operation.kind === 'set-port' &&
        operation.foreign === true &&
        operation.hairpin === true),
  )
  if (owes || isRemembered || (await memory.createsTables(changes, runner))) await memory.ensureWritable()
}

/** Returns the facts as they are now. @throws StaleStateError when the host is no longer as the plan saw it */
const readAgain = async (work: Work, { runner }: ApplyContext): Promise<HostFacts> => {
  if (work.changes.length === 0) return work.observed.facts
  const now = await observe(runner)
  refuseStale(work, now)
  return now.facts
}

interface Progress {
  readonly context: ApplyContext & { readonly rules: RuleChannel }
  readonly work: Work
  readonly facts: HostFacts
  readonly memory: HostMemory
  readonly links: Links
  /** Changes already carried out. Only a failure needs their texts, which take much memory for 100,000 changes. */
  readonly applied: (readonly PlanChange[])[]
  /** The errors of programs that did not take back a fix. */
  readonly left: unknown[]
}

const carryOutBatch = async (batch: Batch, progress: Progress): Promise<void> => {
  const { applied } = progress
  const [{ part }] = batch
  // Connections are forgotten at the very end, together with those that this run owes.
  if (part === 'conntrack') return
  // `lease` gives leases up in the transaction of the store that takes the new ones.
  if (part === 'lease') return
  if (part !== 'link' && part !== 'sysctl' && part !== 'fix') {
    await applyRules(part, batch, progress)
    applied.push(batch)
    return
  }
  for (const change of batch) {
    if (change.part === 'link') await applyLink(change, progress)
    if (change.part === 'sysctl') await applySysctl(change, progress)
    if (change.part === 'fix' && !(await carryOutFix(change, progress))) continue
    applied.push([change])
  }
  // The notes go last and together: only they tell which sysctls the kernel overwrites when forwarding goes off.
  await progress.memory.forgetSysctls(
    batch.flatMap(({ part, operation }) =>
      part === 'sysctl' && operation.kind === 'restore-sysctl' ? [operation.name] : [],
    ),
  )
}

/** Carries out a fix. A fix that cannot be taken back must not stop a removal, so its error is thrown last. */
const carryOutFix = async (change: FixChange, { memory, context, left }: Progress): Promise<boolean> => {
  try {
    await applyFix(change, memory, context.runner)
    return true
  } catch (error) {
    if (change.operation.kind !== 'take-back') throw error
    left.push(error)
    return false
  }
}

const applyRules = async <One extends Backend>(
  backend: One,
  batch: Batch,
  { context, work, memory }: Progress,
): Promise<void> => {
  await memory.rememberCreated(batch, context.runner)
  await changeRules(backend, changesOf(batch, backend), work.observed.rules[backend], context.rules)
}

const applyLink = async ({ operation }: LinkChange, { links, memory }: Progress): Promise<void> => {
  switch (operation.kind) {
    case 'create-bridge': {
      const { kind: _kind, mtu, nfCall, ...bridge } = operation
      const netfilter = nfCall ? { nfCallIptables: true, nfCallIp6tables: true } : {}
      return links.createBridge({ ...bridge, ...(mtu === null ? {} : { mtu }), ...netfilter })
    }
    case 'delete-bridge':
      return links.deleteBridge(operation.name)
    case 'create-vlan': {
      const { name, parent, id, alias } = operation
      return links.createVlan({ name, parent, id, alias, up: true })
    }
    case 'set-vlan-up':
      return links.setUp(operation.name, true)
    case 'delete-vlan':
      return links.deleteVlan(operation.name)
    case 'delete-endpoint':
      return links.deleteEndpointLink(operation.name)
    case 'set-bridge': {
      const { name, alias, mtu, up, nfCall } = operation
      const netfilter = nfCall === undefined ? {} : { nfCallIptables: nfCall, nfCallIp6tables: nfCall }
      if (alias !== undefined || mtu !== undefined || nfCall !== undefined) {
        await links.changeBridge(name, {
          ...(alias === undefined ? {} : { alias }),
          ...(mtu === undefined ? {} : { mtu }),
          ...netfilter,
        })
      }
      if (up === true) await links.setUp(name, true)
      return
    }
    case 'add-address':
      return links.addAddress(operation.name, operation.address)
    case 'remove-address':
      return links.removeAddress(operation.name, operation.address)
    case 'set-route': {
      const { destination, via, name } = operation
      return links.setRoute({ destination, via, interface: name })
    }
    case 'delete-route':
      return links.deleteRoute(operation.destination, operation.via || null)
    case 'set-port': {
      const { name, hairpin, isolated, foreign } = operation
      if (foreign === true && hairpin === true) await memory.rememberHairpin(name)
      await links.setPort(name, {
        ...(hairpin === undefined ? {} : { hairpin }),
        ...(isolated === undefined ? {} : { isolated }),
      })
      if (hairpin === false) await memory.forgetHairpin(name)
      return
    }
  }
}

const applySysctl = async (
  { operation: { kind, name, before, value } }: SysctlChange,
  { facts, memory }: Progress,
): Promise<void> => {
  if (kind === 'restore-sysctl') {
    // The sysctl was set after the plan was made, so its value is what the host wants now.
    if (readSysctl(name) !== before) return
    if (forwardingFamily(name) !== null) await memory.markRestoring(name)
  } else if (before !== null) await memory.rememberSysctl(name, before, value, facts)
  writeSysctl(name, value)
}
