import { expect, test } from '@jest/globals'
import { addresses } from '../lab/topology.ts'
import {
  ask,
  attachNginx,
  base64,
  bridges,
  cluster,
  describeStored,
  here,
  inForce,
  key,
  must,
  nextEvent,
  once,
  put,
  reaches,
  refused,
  run,
  served,
  shop,
  startWatch,
  stopWatch,
  untaken,
} from './stored-intent/stored-shop.ts'

describeStored('portolan watch --intent', () => {
  test('says where to put a text while there is none', async () => {
    const { exitCode, stdout } = await once()
    expect(exitCode).toBe(1)
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'INTENT_MISSING' })
    expect(JSON.parse(stdout).error.message).toContain(`etcdctl put ${key} < compose.yaml`)
  })

  test('applies the text under the key, and each change of it', async () => {
    await put(shop('8080:80'))
    await startWatch()
    await inForce()
    const planned = await attachNginx(shop('8080:80'))
    expect(planned.subnets).toMatchObject([{ subnet: expect.stringMatching(/^10\.[67]\d\./) }])
    expect(await reaches(8080)).toBe(true)
    await put(shop('9090:80'))
    await inForce()
    expect([await reaches(9090), await served(8080)]).toEqual([true, false])
  })

  test('tells of a text with an error where it is, and of files that it names, and keeps the last one in force', async () => {
    await put('services:\n  nginx: {ports: ["99999:80"]}\n')
    expect(await untaken()).toMatch(/etcd:\/\/\/prod\/shop:2:/)
    await put('include: [/etc/shadow]\n')
    expect(await untaken()).toContain('"/etc/shadow", and a text in etcd has no files beside it')
    await put(`services: {nginx: {extends: {file: other.yaml, service: web}}}\n`)
    expect(await untaken()).toContain('has no files beside it')
    await put(`name: other\n${shop('9090:80')}`)
    expect(await untaken()).toContain('etcd:///prod/shop describes project other now')
    expect(await reaches(9090)).toBe(true)
  })

  test('keeps the project when the key is deleted, and after a compaction takes a text that comes again', async () => {
    await ask('deleterange', { key: base64(key) })
    expect(await untaken()).toMatch(/^INTENT_MISSING.*`portolan destroy -p shop`/)
    expect(await reaches(9090)).toBe(true)
    const { header } = JSON.parse(await put(shop('9091:80')))
    await ask('compaction', { revision: header.revision })
    await inForce()
    expect(await reaches(9091)).toBe(true)
  })

  test('takes a text for which this host had no block as soon as it has one', async () => {
    const { lab } = here()
    await put("services: {nginx: {ports: ['9091:80']}, api: {networks: [back]}}\nnetworks: {back: {}}\n")
    expect(await untaken()).toContain(' --count 2`')
    expect(await reaches(9091)).toBe(true)
    await must('cluster', 'join', '--count', '2', ...cluster())
    await inForce()
    const { stdout } = await lab.host.run(['ip', '-d', 'link', 'show', 'type', 'bridge'])
    expect(stdout).toContain('project=shop network=back')
    await put(shop('9091:80'))
    await inForce()
  })

  test('goes on without etcd, starts again without it, and takes the text once it is back', async () => {
    const { lab, etcd } = here()
    await etcd.kill()
    expect(await refused()).toContain('CLUSTER_UNREACHABLE')
    expect(await reaches(9091)).toBe(true)
    const status = () => run('status', '-p', 'shop', '--json')
    const { stdout, stderr } = await status()
    expect(JSON.parse(stdout)).toMatchObject({ heldBack: [{ project: 'shop', code: 'CLUSTER_UNREACHABLE' }] })
    expect(stderr).toMatch(/which cannot read whether its text is another one by now\. .* does not answer/)
    await stopWatch()
    await lab.host.mustRun(['nft', 'flush', 'ruleset'])
    await startWatch()
    await inForce()
    expect(await reaches(9091)).toBe(true)
    await etcd.start()
    await put(shop('9092:80'))
    await inForce()
    expect(await reaches(9092)).toBe(true)
    expect(JSON.parse((await status()).stdout)).not.toHaveProperty('heldBack')
    await stopWatch()
  })

  test('holds a text back that would bring an error, says what and where, and applies it once that is gone', async () => {
    const { lab } = here()
    await startWatch()
    await inForce()
    await lab.host.listen({ protocol: 'tcp', port: 8300 })
    expect(await served(8300)).toBe(true)
    await put(shop('9092:80', '8300:80'))
    const taken = await untaken()
    expect(taken).toMatch(/^BLOCKED: .*HostPortTaken, etcd:\/\/\/prod\/shop:1:\d+: .*8300/)
    expect(taken).toContain('stays in force')
    expect(taken).toContain('etcdctl put /prod/shop < compose.yaml')
    // All commands for this project get the message too.
    const why = expect.stringMatching(/held as it was by .*\(process \d+\)[\s\S]*HostPortTaken[\s\S]*8300/)
    const heldBack = { project: 'shop', code: 'BLOCKED', message: expect.stringContaining('8300') }
    for (const words of [['status'], ['plan', '-p', 'shop', ...cluster()]]) {
      expect(await run(...words)).toMatchObject({ stderr: why })
      const { heldBack: told } = JSON.parse((await run(...words, '--json')).stdout)
      expect([told].flat()).toMatchObject([heldBack])
    }
    // The other program still answers, and damage to the active text is repaired.
    const by = async (port: number): Promise<unknown> => {
      const outcome = await lab.client.reach({ protocol: 'tcp', destination: addresses.ip.host, port })
      return outcome.delivered ? outcome.by : outcome
    }
    expect([await by(8300), await by(9092)]).toEqual(['host', 'nginx'])
    await lab.host.mustRun(['nft', 'flush', 'ruleset'])
    await nextEvent('a repair', (event) => event.kind === 'drift' && event.outcome === 'repaired')
    expect([await by(8300), await by(9092)]).toEqual(['host', 'nginx'])
    // After a restart the watch keeps the active text, and not the one that it held back.
    await stopWatch()
    expect(await once()).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(/BLOCKED[\s\S]*"kind":"watching"/),
    })
    await startWatch()
    expect(await untaken()).toMatch(/^BLOCKED: /)
    expect([await by(8300), await by(9092)]).toEqual(['host', 'nginx'])
    await lab.host.unlisten('tcp', 8300)
    await inForce()
    expect([await by(8300), await by(9092)]).toEqual(['nginx', 'nginx'])
    expect((await run('status')).stderr).not.toContain('held as it was')
    expect(JSON.parse((await run('status', '--json')).stdout)).not.toHaveProperty('heldBack')

    const network = (subnet: string): string =>
      `services:\n  nginx: {ports: ['9092:80']}\n  db: {networks: [back]}\nnetworks:\n  back: {ipam: {config: [{subnet: ${subnet}}]}}\n`
    // This subnet is in no host's block, so also not in this host's.
    await put(network('10.64.0.0/24'))
    expect(await untaken()).toMatch(/^BLOCKED: .*SubnetOverlap, etcd:\/\/\/prod\/shop:5:/)
    expect(await bridges()).not.toContain('network=back')
    await put(network('192.168.77.0/24'))
    await inForce()
    expect(await bridges()).toContain('network=back')
    await put(shop('9092:80'))
    await inForce()
    await stopWatch()
  })
})
