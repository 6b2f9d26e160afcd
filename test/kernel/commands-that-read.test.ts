import { expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { backends } from '../lab/backend.ts'
import { describeOnKernel } from '../lab/gate.ts'
import { takeSnapshot } from '../lab/snapshot.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { pilotOf, shop } from './lifecycle/pilot.ts'
import { deleteMapping } from './status/damage.ts'

/** The commands that only read, each with options that make it read all that it can. */
const reading = (file: string): readonly (readonly string[])[] => [
  ['plan', '-f', file, '--rules'],
  ['script', '-f', file, '--format', 'sh'],
  ['conflicts', '-f', file],
  ['conflicts', '-f', file, '--all'],
  ['subnet', '--count', '3', '--map'],
  ['explain', '-f', file, '--from', '198.51.100.7', '--to', '192.0.2.2:8080/tcp'],
  ['report', '-f', file, '-o', '/run/lab/report.html'],
  ['status'],
  ['status', '-f', file],
  ['watch', '-f', file, '--check', '--once'],
  ['inspect'],
]

for (const backend of backends)
  describeOnKernel('beside a project with a lost port,', backend, () => {
    test('the commands that only read change nothing on the host, and print only JSON with --json', async () => {
      await using lab = await workerLabs({ tablesStay: backend === 'iptables-legacy' }).open()
      const pilot = pilotOf(lab, backend)
      await pilot.apply(shop())
      await deleteMapping(lab, backend, 8080)
      const file = await lab.write('compose.yaml', shop(['8080:80', '8081:81']))
      const before = await takeSnapshot(lab.host)
      for (const words of reading(file)) {
        const line = words[0] === 'inspect' ? words : [...words, '--state', '/run/lab/state']
        const plain = await lab.portolan(line)
        const { exitCode, stdout } = await lab.portolan([...line, '--json'])
        expect({ words, ...plain }).not.toMatchObject({ exitCode: 1 })
        expect(exitCode).toBe(plain.exitCode)
        // A watch prints a line for each event.
        for (const text of words[0] === 'watch' ? stdout.trim().split('\n') : [stdout])
          expect(() => fromJson(text)).not.toThrow()
      }
      expect(await takeSnapshot(lab.host)).toEqual(before)
    })

    test('status exits with 0, though a port is missing', async () => {
      await using lab = await workerLabs({ tablesStay: backend === 'iptables-legacy' }).open()
      const pilot = pilotOf(lab, backend)
      await pilot.apply(shop())
      await deleteMapping(lab, backend, 8080)
      expect((await pilot.run('status', null)).exitCode).toBe(0)
      const { exitCode, stdout } = await pilot.run('status', shop(), '--json')
      expect(exitCode).toBe(0)
      expect(fromJson<{ readonly mappings: unknown }>(stdout).mappings).toContainEqual(
        expect.objectContaining({ drift: 'missing' }),
      )
    })
  })
