import { setTimeout } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { bridgeOf } from '../../lab/attach.ts'
import type { Backend } from '../../lab/backend.ts'
import { drawingOf } from '../../lab/drawing.ts'
import type { Lab } from '../../lab/lab.ts'
import { createMachine, type Machine } from '../../lab/machine.ts'
import { until } from '../../lab/until.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { inShop } from '../live/in-live-host.ts'
import { expectWhole, openedShop } from '../live/live-shop.ts'
import { startWatcher } from '../live/watcher.ts'
import { drawEdit, type Edit } from './edit.ts'

/** The number of edits for each backend. For more: PORTOLAN_EDITS=3400. */
const wanted = Number(process.env.PORTOLAN_EDITS ?? 60)
/** The number of edits before the test waits until all is repaired. */
const batch = 20

/** Every foreign rule, chain and route. */
const foreignRules = async (machine: Machine): Promise<readonly string[]> => {
  const text = await machine.mustRun([
    'sh',
    '-c',
    `nft -s list table inet foreign 2>/dev/null
     # Tables of iptables-legacy are listed in the order in which they were first used.
     for one in iptables-nft ip6tables-nft iptables-legacy ip6tables-legacy; do
       for table in filter nat mangle; do echo $one $table; $one-save -t $table; done
     done
     for one in 1000 1001 1002; do ip route show table $one 2>/dev/null; done; true`,
  ])
  return text
    .split('\n')
    .filter((line) => !/^[#*]|^COMMIT|^:\S+ (ACCEPT|DROP)|PORTOLAN/.test(line))
    .map((line) => line.replace(/ \[\d+:\d+\]$/, ''))
}

/** A host without Portolan that gets the same foreign edits. It shows what the foreign rules must be. */
const openTwin = async (lab: Lab): Promise<Machine> => {
  const twin = lab.use(await createMachine('twin', 'mount -t tmpfs tmpfs /run'))
  await twin.ip('link add eth0 type bridge', 'addr add 192.0.2.2/24 dev eth0', 'link set eth0 up')
  return twin
}

const script = (edits: readonly Edit[]): readonly string[] => [
  'sh',
  '-c',
  // An edit of something that does not exist (again) yet fails, and that is ignored.
  edits.map(({ line }) => `{ ${line}; } >/dev/null 2>&1`).join('\n') || 'true',
]

/** True: a new process finds no drift on the host. */
const hasNoDrift = async (lab: Lab, backend: Backend): Promise<boolean> =>
  (await inShop(lab, backend, 'report((await host.status({ conflicts: false })).drift.length === 0)')) ===
  true

/** Random edits of other programs. */
export const editsUnderWatch = (open: OpenLab, backend: Backend): void => {
  test(`${wanted} random edits: foreign rules stay as the other programs left them, and the watch restores the rules of Portolan`, async () => {
    const lab = await open()
    const seed = Number(process.env.PORTOLAN_SEED)
    const drawing = drawingOf(seed, 20 + ['nftables', 'iptables-nft', 'iptables-legacy'].indexOf(backend))
    await openedShop(lab, backend)
    const bridge = await bridgeOf(lab, 'web')
    const twin = await openTwin(lab)
    const counted = { edits: 0, drifts: 0, contended: 0, failed: new Map<string, number>() }
    let watcher = await startWatcher(lab, backend)
    try {
      while (counted.edits < wanted) {
        const before = (await watcher.events()).length
        const edits = Array.from({ length: Math.min(batch, wanted - counted.edits) }, () =>
          drawEdit(backend, drawing),
        )
        for (let at = 0; at < edits.length; ) {
          const some = edits.slice(at, at + 1 + drawing.below(6))
          at += some.length
          await Promise.all([
            lab.host.run(script(some), { environment: { BRIDGE: bridge } }),
            twin.run(script(some.filter((edit) => edit.of === 'foreign'))),
          ])
          await setTimeout(drawing.below(300))
        }
        const where = { batch: counted.edits / batch, lines: edits.map(({ line }) => line) }
        await until('all to be whole again', () => hasNoDrift(lab, backend), {
          shows: async () => ({ ...where, told: (await watcher.events()).slice(before) }),
        })
        expect({ where, foreign: await foreignRules(lab.host) }).toEqual({
          where,
          foreign: await foreignRules(twin),
        })
        await lab.host.areUp([bridge, 'v-web-1'])
        await expectWhole(lab)
        const isOurs = edits.some((edit) => edit.of === 'ours')
        const readNewEvents = async () => (await watcher.events()).slice(before)
        // The event of a repair comes after the repair.
        if (isOurs)
          await until(
            'a drift to be told',
            async () => (await readNewEvents()).some(({ kind }) => kind === 'drift'),
            {
              shows: () => where,
            },
          )
        const newEvents = await readNewEvents()
        const drifts = newEvents.filter(({ kind }) => kind === 'drift').length
        counted.edits += edits.length
        counted.drifts += drifts
        // After so many undone repairs the watch would pause for longer each time.
        const isContended = newEvents.some(({ kind }) => kind === 'contended')
        if (isContended) counted.contended += 1
        if (isContended || counted.edits % (5 * batch) === 0) {
          await watcher[Symbol.asyncDispose]()
          watcher = await startWatcher(lab, backend)
        }
        for (const event of newEvents) {
          if (event.kind !== 'failed') continue
          counted.failed.set(event.error.code, (counted.failed.get(event.error.code) ?? 0) + 1)
          if (process.env.PORTOLAN_EDITS !== undefined)
            process.stderr.write(`${backend} failed: ${JSON.stringify(event)}\n`)
        }
        if (process.env.PORTOLAN_EDITS !== undefined)
          process.stderr.write(`${backend} ${JSON.stringify({ ...counted, failed: [...counted.failed] })}\n`)
      }
    } catch (error) {
      process.stderr.write(`PORTOLAN_SEED=${seed}, ${backend}, ${counted.edits} edits were well\n`)
      throw error
    } finally {
      await watcher[Symbol.asyncDispose]()
    }
  }, 36e5)
}
