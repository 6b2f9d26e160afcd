import { expect, test } from '@jest/globals'
import { describeOnKernel } from '../lab/gate.ts'
import { until } from '../lab/until.ts'
import { workerLabs } from '../lab/worker-labs.ts'

const shop = `name: shop
services: { web: { ports: ["8080:80"] } }
networks: { default: { driver_opts: { com.docker.network.bridge.name: br-shop } } }
`

/** A process that gives itself another name, as any user may, and listens. */
const listener = `
const { writeFileSync } = require('node:fs')
writeFileSync('/proc/self/comm', '\u001b[2J\u001b[31mroot\u0007')
require('node:net').createServer().listen(8080, '0.0.0.0', () => writeFileSync('/run/lab/listens', ''))
setTimeout(() => undefined, 60000)
`

/** Expects that no characters control a terminal, except newlines. */
const expectPlain = (text: string): void => expect(text).toMatch(/^(\n|[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}])*$/u)

describeOnKernel(
  'a process and an interface with terminal control characters in their names',
  'nftables',
  () => {
    test('are printed with escaped names by plan, conflicts, explain and subnet --map', async () => {
      await using lab = await workerLabs().open()
      const { host } = lab
      const file = await lab.write('compose.yaml', shop)
      await host.mustRun(['ip', 'link', 'add', 'name', 'd\u001b[2J\u202e', 'type', 'bridge'])
      await host.mustRun(['ip', 'address', 'add', '172.17.3.4/16', 'dev', 'd\u001b[2J\u202e'])
      const running = host.start([process.execPath, '-e', listener])
      await until(
        'what listens',
        async () => (await host.run(['test', '-e', '/run/lab/listens'])).exitCode === 0,
        {
          beside: running,
        },
      )
      const outputs: string[] = []
      for (const words of [
        ['plan', '-f', file],
        ['conflicts', '-f', file],
        ['explain', '--to', '192.0.2.2:8080'],
        ['explain', '--to', '127.0.0.1:8080'],
        ['subnet', '--map'],
      ]) {
        const { stdout, stderr } = await lab.portolan(words)
        expectPlain(stdout)
        expectPlain(stderr)
        outputs.push(stdout)
      }
      const [plan, conflicts, , explained, map] = outputs
      for (const text of [plan, conflicts, explained]) expect(text).toContain('\\x1b[2J\\x1b[31mroot\\x07')
      for (const text of [plan, map]) expect(text).toContain('d\\x1b[2J\\u{202e}')
      running.kill('SIGKILL')
      await running.outcome
    })
  },
)
