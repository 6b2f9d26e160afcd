import { expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import type { Machine } from '../../lab/machine.ts'
import type { Running } from '../../lab/run.ts'
import { addresses } from '../../lab/topology.ts'
import { until } from '../../lab/until.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { pilotOf } from '../lifecycle/pilot.ts'
import { contain, inShop, type Leased } from './in-live-host.ts'

/** The number of ports that come and go during the transfer. For more: PORTOLAN_CALLS=1000. */
const calls = Number(process.env.PORTOLAN_CALLS ?? 40)

/** How often another project is applied meanwhile, each time with another port. For more: PORTOLAN_APPLIES=300. */
const applies = Number(process.env.PORTOLAN_APPLIES ?? Math.ceil(calls * 0.1))

/** Long enough for a run with many calls. */
const timeoutMs = 36e5

const otherProject = (port: number): string => `name: other
services: { nginx: { ports: ['${port}:80'] } }
`

/** Sends numbered blocks to each connection, one every millisecond. */
const sender = `
import socket, struct, time
one = socket.socket(); one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
one.bind(('', 90)); one.listen(); peer, _ = one.accept()
number = 0
try:
    while True:
        peer.sendall(struct.pack('>I', number) * 256); number += 1; time.sleep(0.001)
except OSError: pass
`

/** The receiver waits for so many blocks, in case the sender had no processor. */
const leastBlocks = 100

/**
 * Receives blocks until it is interrupted, and at least so many. Prints the number of blocks, the number of wrong ones,
 * and the longest waits in ms.
 */
const receiver = `
import signal, socket, struct, sys, time
number, wrong, waits, last, kept, over = 0, 0, [], time.monotonic(), b'', []
signal.signal(signal.SIGINT, lambda *_: over.append(True))
one = socket.create_connection(('${addresses.ip.host}', 8000))
one.settimeout(0.05)
while not over or number < ${leastBlocks}:
    try: got = one.recv(1 << 16)
    except TimeoutError: continue
    if not got: wrong += 1; break
    now = time.monotonic(); waits.append(now - last); last = now
    kept += got
    while len(kept) >= 1024:
        wrong += kept[:1024] != struct.pack('>I', number) * 256
        kept = kept[1024:]; number += 1
waits.sort()
print(number, wrong, [round(1000 * waits[int(len(waits) * part)], 1) for part in (0.5, 0.99, 0.999)], round(1000 * waits[-1], 1))
`

/** Resolves once `ss` with this filter lists a TCP socket of the program. */
const hasSocket = async (machine: Machine, filter: string, beside: Running): Promise<void> => {
  const found = (): Promise<string> => machine.mustRun(['ss', '-Hnt', ...filter.split(' ')])
  await until(`a socket: ${filter}`, async () => (await found()) !== '', { beside })
}

/** A transfer that runs while other ports come and go. */
export const transfer = (open: OpenLab, backend: Backend): void => {
  test(
    `a transfer through a port loses nothing while ${calls} other ports come and go and ${applies} plans are applied`,
    async () => {
      const lab = await open()
      const leased = (await inShop(
        lab,
        backend,
        `await host.ensureNetwork('web', { pool: 'classic' }); report(await leased('web', 'web-1'))
       await host.publish({ hostPort: 8000, to: { endpoint: 'web-1', port: 90 } })`,
      )) as Leased
      const container = await contain(lab, leased)
      const sending = container.start(['python3', '-c', sender], { timeoutMs })
      await hasSocket(container, 'state listening sport = :90', sending)
      const receiving = lab.client.start(['python3', '-c', receiver], { timeoutMs })
      lab.use({
        [Symbol.asyncDispose]: async () => {
          for (const one of [sending, receiving]) one.kill('SIGKILL')
        },
      })
      await hasSocket(lab.client, 'state established dport = :8000', receiving)
      await inShop(
        lab,
        backend,
        `for (let at = 0; at < ${calls}; at += 1) {
         const hostPort = 9000 + at % 100
         await host.publish({ hostPort, to: { endpoint: 'web-1', port: 80 } })
         await host.unpublish({ hostPort })
       }
       report('done')`,
        { timeoutMs },
      )
      const pilot = pilotOf(lab, backend, { state: '/run/lab/live' })
      for (let at = 0; at < applies; at += 1) await pilot.apply(otherProject(9500 + (at % 2)))
      receiving.kill('SIGINT')
      await until(`${leastBlocks} blocks, and the end of the receiver`, () => receiving.ended(), {
        shows: () => lab.client.mustRun(['ss', '-nti', 'dport', '=', ':8000']),
      })
      const { stdout } = await receiving.outcome
      if (process.env.PORTOLAN_CALLS !== undefined)
        process.stderr.write(`${backend}: blocks, wrong, waits: ${stdout}`)
      const [blocks = 0, wrong] = stdout.split(' ').map(Number)
      expect(wrong).toBe(0)
      expect(blocks).toBeGreaterThanOrEqual(leastBlocks)
    },
    timeoutMs,
  )
}
