import { expect, test } from '@jest/globals'
import { bridgeOf } from '../../lab/attach.ts'
import type { Backend } from '../../lab/backend.ts'
import { type Drawing, drawingOf } from '../../lab/drawing.ts'
import { addForeignRules } from '../../lab/foreign.ts'
import type { Lab } from '../../lab/lab.ts'
import { takeSnapshot } from '../../lab/snapshot.ts'
import { addresses } from '../../lab/topology.ts'
import { wrongPorts } from '../../lab/wrong-ports.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { mustSucceed, type Pilot, pilotOf } from '../lifecycle/pilot.ts'
import { everyAddress, tryClosedPorts } from '../live/every-address.ts'
import { foreignLines } from './foreign-lines.ts'
import { drawKillMoment, runKilled } from './kill-moment.ts'
import { plugIntoNewBridge } from './plug-into-new-bridge.ts'
import { closedPorts, closingDrifts, containerAddress, type Version, versions } from './versions.ts'

/** The number of kills for each backend. For more: PORTOLAN_KILLS=100. */
const kills = Number(process.env.PORTOLAN_KILLS ?? 2)
/** The interface of the container that `everyAddress` makes. */
const port = 'v-every'
/** Milliseconds after which a watch is killed, because it never ends by itself. */
const longestMs = 2500

/** The objects of all rounds. */
interface Stage {
  readonly lab: Lab
  readonly backend: Backend
  readonly pilot: Pilot
  readonly drawing: Drawing
  readonly bridge: string
  readonly foreign: readonly string[]
}

/** Opens a host with forwarding on, foreign rules, a container that waits for its bridge, and one version applied. */
const openStage = async (lab: Lab, backend: Backend, drawing: Drawing): Promise<Stage> => {
  const pilot = pilotOf(lab, backend)
  await pilot.apply(versions[0].text)
  const bridge = await bridgeOf(lab, 'web')
  plugIntoNewBridge(lab, bridge, port)
  return { lab, backend, pilot, drawing, bridge, foreign: await foreignLines(lab.host) }
}

const expectServed = async ({ lab, bridge }: Stage, { open, restricted }: Version, description: string) => {
  await lab.host.areUp([bridge, port])
  const all = [8080, 8081, 8082, 8083]
  const wrong = await Promise.all([
    wrongPorts(lab.client, all, new Set([...open, ...restricted])),
    wrongPorts(lab.neighbour, all, new Set(open)),
  ])
  expect({ description, wrong: wrong.flat() }).toEqual({ description, wrong: [] })
}

const situations = ['new', 'changed', 'drifted'] as const

/**
 * Kills one program, runs another to its end, and compares the host with the wanted state. @returns a description of
 * the round
 */
const round = async (stage: Stage, before: Version, wanted: Version): Promise<string> => {
  const { lab, backend, pilot, drawing, bridge } = stage
  const [situation, program] = [drawing.pick(situations), drawing.pick(['apply', 'watch'] as const)]
  const version = situation === 'changed' ? wanted : before
  const drift = (): Promise<string> =>
    lab.host.mustRun(['sh', '-ec', drawing.pick(closingDrifts[backend])], {
      environment: { BRIDGE: bridge },
    })
  if (situation === 'new') await pilot.destroy()
  if (situation === 'drifted') await drift()
  const file = await lab.write('compose.yaml', version.text)
  const moment = drawKillMoment(drawing, 100, program === 'apply' ? 1100 : 2200)
  const argv = [...lab.command, ...pilot.argv(program, file, ...(program === 'apply' ? ['--yes'] : []))]
  const damageLater = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 900 + drawing.below(500)))
    // Damage to something that does not exist (yet) fails, and that is ignored.
    await drift().catch(() => undefined)
  }
  const { exitCode } = await runKilled(
    lab.host,
    argv,
    moment,
    longestMs,
    program === 'watch' ? damageLater : undefined,
  )
  const description = JSON.stringify({ situation, program, moment, exitCode })
  expect({ description, foreign: await foreignLines(lab.host) }).toEqual({
    description,
    foreign: stage.foreign,
  })
  mustSucceed(
    description,
    drawing.below(2) === 0
      ? await pilot.run('apply', version.text, '--yes')
      : await pilot.run('watch', version.text, '--once'),
  )
  // The port joins its bridge by itself, perhaps after the last run.
  const changes = (await pilot.plan(version.text)).changes.filter(
    ({ object }) => object !== `bridge port ${port}`,
  )
  expect({ description, changes }).toEqual({ description, changes: [] })
  expect({ description, foreign: await foreignLines(lab.host) }).toEqual({
    description,
    foreign: stage.foreign,
  })
  await expectServed(stage, version, description)
  return `${situation}, ${program} ${moment.kind === 'time' ? 'at a time' : `at ${moment.call}`}${exitCode === null ? '' : ' (a tool, or not reached)'}`
}

/** Kills `apply` and `watch` of a planned project at any instant. */
export const killedAnywhere = (open: OpenLab, backend: Backend): void => {
  test(`are finished by the next run, after ${kills} kills, and no closed port was open meanwhile`, async () => {
    const lab = await open()
    const seed = Number(process.env.PORTOLAN_SEED)
    const drawing = drawingOf(seed, ['nftables', 'iptables-nft', 'iptables-legacy'].indexOf(backend))
    await everyAddress(lab)
    await addForeignRules(lab.host)
    // Forwarding is on from the start. So only rules keep packets out while a bridge comes up.
    await lab.host.setSysctl('net.ipv4.ip_forward', 1)
    await lab.host.setSysctl('net.ipv6.conf.all.forwarding', 1)
    const before = await takeSnapshot(lab.host)
    const stage = await openStage(lab, backend, drawing)
    const attempts = tryClosedPorts(lab, lab.neighbour, [
      { address: addresses.ip.host, ports: closedPorts },
      { address: containerAddress, ports: [80] },
    ])
    let version = 0
    for (let at = 0; at < kills; at += 1) {
      const [now, other] = version === 0 ? versions : versions.toReversed()
      if (now === undefined || other === undefined) throw new Error('two versions')
      try {
        const done = await round(stage, now, other)
        if (process.env.PORTOLAN_KILLS !== undefined) process.stderr.write(`${backend}, ${done}\n`)
      } catch (error) {
        process.stderr.write(`PORTOLAN_SEED=${seed}, ${backend}, kill ${at}\n`)
        throw error
      }
      if ((await lab.host.readText('/run/lab/compose.yaml')) === other.text) version = 1 - version
    }
    expect(await attempts.stop()).toEqual([])
    await stage.pilot.destroy()
    expect(await takeSnapshot(lab.host)).toEqual(before)
  }, 36e5)
}
