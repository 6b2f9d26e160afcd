import { expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import { until } from '../../lab/until.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { inShopAgain } from './in-live-host.ts'

/** Mistakes that an operator may make with a live project. */
export const mistakes = (open: OpenLab, backend: Backend): void => {
  const other = backend === 'nftables' ? 'iptables-nft' : 'nftables'
  const publish8123 = `await host.ensureNetwork('web', { pool: 'classic' }); await host.lease('web', 'web-1')
    await host.publish({ hostPort: 8123, to: { endpoint: 'web-1', port: 80 } }); report('done')`

  test('a project that is opened with another backend has its rules in that backend alone', async () => {
    const lab = await open()
    await inShopAgain(lab, backend, publish8123)
    expect(await inShopAgain(lab, other, 'report(host.published().length)')).toBe(1)
    const [nftables, iptables] = [
      (await lab.host.run(['nft', 'list', 'table', 'inet', 'portolan'])).stdout,
      await lab.host.mustRun(['iptables-nft-save']),
    ]
    expect(nftables.includes('8123')).toBe(other === 'nftables')
    expect(iptables.includes('8123')).toBe(other === 'iptables-nft')
  })

  test('a project that is opened with another state directory is refused, and stays as it is', async () => {
    const lab = await open()
    await inShopAgain(lab, backend, publish8123)
    const links = async (): Promise<string> => {
      await lab.host.quiet()
      return lab.host.mustRun(['ip', '-j', 'link'])
    }
    const before = await links()
    expect(
      await inShopAgain(
        lab,
        backend,
        "report(await attempt(open({ project: 'shop', state: '/run/lab/elsewhere' })))",
      ),
    ).toBe('INVALID_REQUEST')
    expect(await links()).toBe(before)
    expect(await inShopAgain(lab, backend, 'report(host.networks().length)')).toBe(1)
  })

  test('a call fails with LOCKED after its lockTimeoutMs while another program holds the host lock', async () => {
    const lab = await open()
    await inShopAgain(lab, backend, publish8123)
    const lock = (await lab.host.mustRun(['find', '/run', '-name', 'network-*.lock'])).trim()
    const held = lab.host.start(['flock', '--no-fork', lock, 'sleep', '600'])
    await until(
      'the lock to be held',
      async () => (await lab.host.run(['flock', '-n', lock, 'true'])).exitCode !== 0,
      {
        beside: held,
      },
    )
    const tried = `const impatient = await open({ project: 'shop', lockTimeoutMs: 200 })
      report(await impatient.ensureNetwork('db', { pool: 'classic' }).catch(({ code, message }) => [code, message]))
      await impatient.close()`
    expect(await inShopAgain(lab, backend, tried)).toEqual([
      'LOCKED',
      expect.stringMatching(/for longer than 200 ms/),
    ])
    held.kill('SIGKILL')
    await held.outcome
  })

  test('calls on a full disk fail with STATE and change nothing, and succeed once there is room', async () => {
    const lab = await open()
    await lab.host.mustRun([
      'sh',
      '-c',
      'mkdir -p /run/lab/live && mount -t tmpfs -o size=1m,mode=755 tmpfs /run/lab/live',
    ])
    expect(
      await inShopAgain(
        lab,
        backend,
        `await host.ensureNetwork('web', { pool: 'classic' }); await host.lease('web', 'web-1')
         const publish = (hostPort) => host.publish({ hostPort, to: { endpoint: 'web-1', port: 80 } })
         await publish(8000)
         run('sh', '-c', 'head -c 2000000 /dev/zero > /run/lab/live/fill 2> /dev/null || true')
         // What is left of the last page of the journal holds a few records.
         const answers = []
         for (let port = 8001; port < 8060; port += 1) answers.push(await attempt(publish(port)))
         const full = [answers.at(-1), await attempt(host.lease('web', 'web-2')), await attempt(host.release('web', 'web-1'))]
         const had = host.published().length === 1 + answers.filter((answer) => answer === 'done').length
         run('rm', '/run/lab/live/fill')
         await publish(8100)
         const { ip } = await host.lease('web', 'web-3')
         report([full, had, host.endpoints().length, ip])`,
      ),
    ).toEqual([['STATE', 'STATE', 'STATE'], true, 2, '172.17.0.3'])
  })

  test('a deleted bridge is made again when another network is ensured', async () => {
    const lab = await open()
    await inShopAgain(
      lab,
      backend,
      `await host.ensureNetwork('web', { pool: 'classic' }); await host.ensureNetwork('back', { pool: 'classic' })
       run('ip', 'link', 'del', host.networks().find(({ name }) => name === 'web').bridge); report('done')`,
    )
    expect(
      await inShopAgain(
        lab,
        backend,
        `await host.ensureNetwork('back')
         report(run('ip', '-br', 'link').includes(host.networks().find(({ name }) => name === 'web').bridge))`,
      ),
    ).toBe(true)
  })
}
