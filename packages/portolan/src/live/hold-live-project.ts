import type { Backend } from '../backend/backend.ts'
import { driftBesideRules } from '../watch/drift-beside-rules.ts'
import { failureOf } from '../watch/failure-of.ts'
import type { HeldProject } from '../watch/held-project.ts'
import { toTakeOut } from '../watch/to-take-out.ts'
import { udpPorts } from '../watch/udp-ports.ts'
import { toWriteDown } from '../watch/wanted-leases.ts'
import type { KeptWritten } from './left-behind/keep-written.ts'
import type { LiveMachine } from './live-machine.ts'
import { attachToNetwork } from './networks/attach-to-network.ts'
import { blockRoutes } from './networks/block-routes.ts'
import { lostPorts, type Ports, portDrift, portsOfBridges } from './networks/bridge-ports.ts'
import { bringAbout } from './networks/bring-about.ts'
import type { LiveRules } from './rules/live-rules.ts'
import type { RuleDrift } from './rules/rule-keeper.ts'
import { intentOf } from './wanted/desired-of.ts'

/**
 * A live project as what is watched.
 * @param inTurn - does something between other calls of the host object
 * @param written - what is written down of it
 */
export const holdLiveProject = (
  rules: LiveRules,
  machine: LiveMachine,
  inTurn: <Result>(work: () => Promise<Result>) => Promise<Result>,
  written: KeptWritten,
): HeldProject => {
  const { project, wanted } = rules
  /** The ports that belong on each network: another program may have released them. */
  let ports: Ports = new Map()
  /** Other backends that had rules of the project at the last look. */
  let strays: readonly Backend[] = []
  /** What is written down of it was lost at the last look. */
  let lost = false
  /** How many records what is wanted had before the last look; null: there was none. */
  let looked: number | null = null
  /** Did the last look leave something out that was not amiss a moment before? */
  let isLeftOut = false
  const elsewhere = () => {
    const desired = rules.desired()
    if (desired === null) return []
    return driftBesideRules(desired, rules.facts, machine.sysctls.isWritable('net.ipv4.ip_forward'))
  }
  /**
   * What of the rules is not as it is wanted. Another process writes down what it wants before that is in force: where there
   * are new records, nothing is amiss that is not so a second time, while no process has the lock that is held meanwhile.
   */
  const ofRules = async (): Promise<readonly RuleDrift[]> => {
    // Counted before: of a record that comes meanwhile it is not known whether the look has it, and the next one has it as new.
    const count = wanted.count()
    await rules.refresh()
    const before = rules.drift()
    const isNew = looked !== wanted.count()
    const isAmiss = before.length + elsewhere().length > 0
    looked = count
    isLeftOut = false
    if (!isAmiss || !isNew) return before
    const seen = new Set(before.map(driftText))
    await machine.withLock(() => {
      looked = wanted.count()
      return rules.refresh()
    })
    const now = rules.drift()
    const again = now.filter((one) => seen.has(driftText(one)))
    isLeftOut = again.length < now.length
    return again
  }
  return {
    project,
    get backend() {
      return machine.backend
    },
    // What another program took away between the two readings of a look is for the next one, which its notice brings.
    isUnchanged: () => inTurn(async () => !isLeftOut && (await rules.isUnchanged())),
    look: () =>
      inTurn(async () => {
        const drift = await ofRules()
        ports = portsOfBridges(project, rules.facts, ports)
        strays = await machine.elsewhere()
        // A process of ours that moves them has them in both for a moment.
        if (strays.length > 0) strays = await machine.withLock(() => machine.elsewhere())
        lost = await written.look()
        return [
          ...strays.map((other) => toTakeOut(other, machine.backend)),
          ...drift,
          ...elsewhere(),
          ...portDrift(project, rules.facts, ports),
          ...(lost ? [toWriteDown] : []),
        ]
      }),
    repair: () =>
      inTurn(async () => {
        // Where it cannot be written, the rest is brought back first, and that is told last.
        const isLost = lost
        const unwritten = isLost ? await failureOf(written.takeAgain()) : null
        // Rules first: what comes up behind them is never more open than it should be.
        const isDamaged = rules.isDamaged()
        const missing = isDamaged ? await rules.mend() : []
        isLeftOut = false
        const more = elsewhere()
        const isElsewhere = strays.length > 0
        // Alone, so that a conflict of a network keeps no route away.
        await blockRoutes(rules, machine).bring()
        if (isElsewhere || elsewhere().length > 0) await bringAbout(rules, machine, (intent) => intent)
        for (const { network, port } of lostPorts(project, rules.facts, ports))
          await attachToNetwork(rules, machine, port, `${project}/${network}`, { isRepair: true })
        await rules.noteNeighbours()
        if (isDamaged) await machine.conntrack.forgetUntranslated(udpPorts(rules.desired()))
        if (unwritten !== null) throw unwritten
        return [...missing, ...more, ...(isLost ? [toWriteDown] : [])]
      }),
    conflicts: async () => {
      const search = await inTurn(() => machine.prepareSearch(intentOf(project, wanted), wanted.ports))
      return search()
    },
    desired: () => rules.desired(),
    leases: () => machine.leases.read(),
    ...(machine.cluster === undefined ? {} : { follow: machine.cluster.follow }),
  }
}

const driftText = ({ action, object, description }: RuleDrift): string => `${action} ${object} ${description}`
