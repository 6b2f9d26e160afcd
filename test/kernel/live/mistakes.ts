import { expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { inShop } from './in-live-host.ts'

/** What an operator may get wrong with a live project. */
export const mistakes = (open: OpenLab, backend: Backend): void => {
  const other = backend === 'nftables' ? 'iptables-nft' : 'nftables'
  const start = `await host.ensureNetwork('web', { pool: 'classic' }); await host.lease('web', 'web-1')
    await host.publish({ hostPort: 8123, to: { endpoint: 'web-1', port: 80 } }); report('done')`

  test('opened with another backend, its rules are in that one alone', async () => {
    const lab = await open()
    await inShop(lab, backend, start)
    expect(await inShop(lab, other, 'report(host.published().length)')).toBe(1)
    const [nftables, iptables] = [
      (await lab.host.run(['nft', 'list', 'table', 'inet', 'portolan'])).stdout,
      await lab.host.mustRun(['iptables-nft-save']),
    ]
    expect(nftables.includes('8123')).toBe(other === 'nftables')
    expect(iptables.includes('8123')).toBe(other === 'iptables-nft')
  })

  test('opened with another state directory, it is refused, and nothing of it is touched', async () => {
    const lab = await open()
    await inShop(lab, backend, start)
    const before = await lab.host.mustRun(['ip', '-j', 'link'])
    expect(
      await inShop(
        lab,
        backend,
        "report(await attempt(open({ project: 'shop', state: '/run/lab/elsewhere' })))",
      ),
    ).toBe('INVALID_REQUEST')
    expect(await lab.host.mustRun(['ip', '-j', 'link'])).toBe(before)
    expect(await inShop(lab, backend, 'report(host.networks().length)')).toBe(1)
  })
}
