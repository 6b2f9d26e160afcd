import { expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { inShopAgain } from './in-live-host.ts'

/** Other programs remove parts of a project while one host object stays open, without a watch. */
export const whileOpen = (open: OpenLab, backend: Backend): void => {
  const withTwoContainers = `
    import { spawn } from 'node:child_process'
    const containers = ['web-1', 'web-2'].map(() => spawn('unshare', ['--net', 'sleep', '600'], { stdio: 'ignore' }))
    const isOwn = ({ pid }) => run('readlink', '/proc/' + pid + '/ns/net') !== run('readlink', '/proc/self/ns/net')
    while (!containers.every(isOwn)) await new Promise((resolve) => setTimeout(resolve, 10))
    const attach = (at) => host.attach({ network: 'web', endpoint: 'web-' + (at + 1), netns: { pid: containers[at].pid } })
    // Nothing listens: a container that is reached refuses.
    const answers = (ip) => run('timeout', '30', 'bash', '-c', 'exec 2>&1; : < /dev/tcp/' + ip + '/80 || true').includes('refused')
    // What is changed here is seen by other turns of the event loop, as what other processes change.
    const change = (...argv) => { run(...argv); return new Promise(setImmediate) }
    const web = () => host.ensureNetwork('web', { pool: 'classic', ipv6: true })
    const { bridge } = await web()
    const one = await attach(0)
    await host.publish({ hostPort: 8080, to: { endpoint: 'web-1', port: 80 } })`
  /** Else an error would be seen only after the containers, which end late. */
  const endContainers = 'finally { for (const one of containers) one.kill() }'

  test.each([
    ['ensureNetwork', 'await web()'],
    ['attach', 'await attach(1)'],
    [
      'attachPort',
      "run('ip', 'link', 'add', 'v-port', 'type', 'veth', 'peer', 'v-peer'); await host.attachPort('v-port', 'web')",
    ],
    ['ensureNetwork for another network', "await host.ensureNetwork('db', { pool: 'classic' })"],
  ])('makes the bridge again with %s, and attaches its containers again', async (_name, call) => {
    const lab = await open()
    expect(
      await inShopAgain(
        lab,
        backend,
        `${withTwoContainers}
         try {
           const before = answers(one.ip)
           await change('ip', 'link', 'del', bridge)
           const without = answers(one.ip)
           const answer = await attempt((async () => { ${call} })())
           report([before, without, answer, answers(one.ip), host.published().some(({ hostPort }) => hostPort === 8080)])
         } ${endContainers}`,
      ),
    ).toEqual([true, false, 'done', true, true])
  })

  test('removes a network with a deleted bridge, and does not make the bridge again before', async () => {
    const lab = await open()
    expect(
      await inShopAgain(
        lab,
        backend,
        `${withTwoContainers}
         try {
           const other = await host.ensureNetwork('db', { pool: 'classic' })
           // The kernel numbers links one by one. So a bridge that was made between two links leaves a gap.
           const numberOf = (name) => {
             run('ip', 'link', 'add', name, 'type', 'bridge')
             return JSON.parse(run('ip', '-j', 'link', 'show', name))[0].ifindex
           }
           await change('ip', 'link', 'del', other.bridge)
           const first = numberOf('before')
           await host.removeNetwork('db')
           report([host.networks().map(({ name }) => name), answers(one.ip), numberOf('after') - first])
         } ${endContainers}`,
      ),
    ).toEqual([['web'], true, 1])
  })
}
