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
import { changeNetworks } from './networks/change-networks.ts'
import type { LiveRules } from './rules/live-rules.ts'
import type { RuleDrift } from './rules/rule-keeper.ts'
import { intentOf } from './wanted/desired-of.ts'

/**
 * Makes a live project watchable.
 * @param inTurn - runs work between other calls of the host object
 * @param written - the records of the project in the state directory
 */
export const holdLiveProject = (
  rules: LiveRules,
  machine: LiveMachine,
  inTurn: <Result>(work: () => Promise<Result>) => Promise<Result>,
  written: KeptWritten,
): HeldProject => {
  const { project, wanted } = rules
  /** The ports that belong to each network, remembered because another program may release them from the bridge. */
  let ports: Ports = new Map()
  /** Other backends that had rules of the project at the last look. */
  let strays: readonly Backend[] = []
  /** The records in the state directory were lost at the last look. */
  let lost = false
  /** The number of wanted records before the last look; null: there was no look yet. */
  let looked: number | null = null
  /** The last look left out drift that a moment before was not there. */
  let isLeftOut = false
  const elsewhere = () => {
    const desired = rules.desired()
    if (desired === null) return []
    return driftBesideRules(desired, rules.facts, machine.sysctls.isWritable('net.ipv4.ip_forward'))
  }
  /**
   * The drift of the rules. Another process writes its records before its rules are in force, and holds the lock
   * meanwhile. After new records, drift counts only if a second look under the lock finds it again.
   */
  const ofRules = async (): Promise<readonly RuleDrift[]> => {
    // Counted before the look. The look may or may not see a record that comes meanwhile, so the next look takes it as
    // new.
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
    // Drift that appeared between the two readings of a look is left to the next look, which its notice triggers.
    isUnchanged: () => inTurn(async () => !isLeftOut && (await rules.isUnchanged())),
    look: () =>
      inTurn(async () => {
        const drift = await ofRules()
        ports = portsOfBridges(project, rules.facts, ports)
        strays = await machine.elsewhere()
        // Another process of Portolan that moves the rules has them in both backends for a moment. It holds the lock
        // meanwhile.
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
        // When the records cannot be written, the rest is repaired first, and the error is thrown at the end.
        const isLost = lost
        const unwritten = isLost ? await failureOf(written.takeAgain()) : null
        // Rules come first, so that what is brought up after them is never more open than it should be.
        const isDamaged = rules.isDamaged()
        const missing = isDamaged ? await rules.mend() : []
        isLeftOut = false
        const more = elsewhere()
        const isElsewhere = strays.length > 0
        // The routes are restored on their own, so that a conflict of a network cannot keep them away.
        await blockRoutes(rules, machine).mend()
        if (isElsewhere || elsewhere().length > 0) await changeNetworks(rules, machine, (intent) => intent)
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
    desired: () => rules.wished(),
    leases: () => machine.leases.read(),
    ...(machine.cluster === undefined ? {} : { follow: machine.cluster.follow }),
  }
}

const driftText = ({ action, object, description }: RuleDrift): string => `${action} ${object} ${description}`
