import { expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { addresses } from '../lab/topology.ts'
import {
  answersInTime,
  answersNow,
  askEtcd,
  attachNginx,
  base64,
  bridges,
  cluster,
  describeStored,
  here,
  key,
  mustRun,
  nextEvent,
  putText,
  run,
  shop,
  startWatch,
  stopWatch,
  untilFailed,
  untilInForce,
  untilRefused,
  watchOnce,
} from './stored-intent/stored-shop.ts'

describeStored('portolan watch --intent', () => {
  test('fails while there is no text, and says where to put one', async () => {
    const { exitCode, stdout } = await watchOnce()
    expect(exitCode).toBe(1)
    expect(fromJson<{ readonly error: unknown }>(stdout).error).toMatchObject({ code: 'INTENT_MISSING' })
    expect(JSON.parse(stdout).error.message).toContain(`etcdctl put ${key} < compose.yaml`)
  })

  test('applies the text under the key, and each change of it', async () => {
    await putText(shop('8080:80'))
    await startWatch()
    await untilInForce()
    const planned = await attachNginx(shop('8080:80'))
    expect(planned.subnets).toMatchObject([{ subnet: expect.stringMatching(/^10\.[67]\d\./) }])
    expect(await answersInTime(8080)).toBe(true)
    await putText(shop('9090:80'))
    await untilInForce()
    expect([await answersInTime(9090), await answersNow(8080)]).toEqual([true, false])
  })

  test('refuses a text with an error or with names of files, says where, and keeps the last text in force', async () => {
    await putText('services:\n  nginx: {ports: ["99999:80"]}\n')
    expect(await untilRefused()).toMatch(/etcd:\/\/\/prod\/shop:2:/)
    await putText('include: [/etc/shadow]\n')
    expect(await untilRefused()).toContain('"/etc/shadow", and a text in etcd has no files beside it')
    await putText(`services: {nginx: {extends: {file: other.yaml, service: web}}}\n`)
    expect(await untilRefused()).toContain('has no files beside it')
    await putText(`name: other\n${shop('9090:80')}`)
    expect(await untilRefused()).toContain('etcd:///prod/shop describes project other now')
    expect(await answersInTime(9090)).toBe(true)
  })

  test('keeps the project when the key is deleted, and applies a new text after a compaction', async () => {
    await askEtcd('deleterange', { key: base64(key) })
    expect(await untilRefused()).toMatch(/^INTENT_MISSING.*`portolan destroy -p shop`/)
    expect(await answersInTime(9090)).toBe(true)
    const { header } = JSON.parse(await putText(shop('9091:80')))
    await askEtcd('compaction', { revision: header.revision })
    await untilInForce()
    expect(await answersInTime(9091)).toBe(true)
  })

  test('applies a text that needs a further block as soon as the host has one', async () => {
    const { lab } = here()
    await putText("services: {nginx: {ports: ['9091:80']}, api: {networks: [back]}}\nnetworks: {back: {}}\n")
    expect(await untilRefused()).toContain(' --count 2`')
    expect(await answersInTime(9091)).toBe(true)
    await mustRun('cluster', 'join', '--count', '2', ...cluster())
    await untilInForce()
    const { stdout } = await lab.host.run(['ip', '-d', 'link', 'show', 'type', 'bridge'])
    expect(stdout).toContain('project=shop network=back')
    await putText(shop('9091:80'))
    await untilInForce()
  })

  test('keeps the project without etcd, also after a restart, and applies a text once etcd is back', async () => {
    const { lab, etcd } = here()
    await etcd.kill()
    expect(await untilFailed()).toContain('CLUSTER_UNREACHABLE')
    expect(await answersInTime(9091)).toBe(true)
    const status = () => run('status', '-p', 'shop', '--json')
    const { stdout, stderr } = await status()
    expect(fromJson(stdout)).toMatchObject({ heldBack: [{ project: 'shop', code: 'CLUSTER_UNREACHABLE' }] })
    expect(stderr).toMatch(/which cannot read whether its text is another one by now\. .* does not answer/)
    await stopWatch()
    await lab.host.mustRun(['nft', 'flush', 'ruleset'])
    await startWatch()
    await untilInForce()
    expect(await answersInTime(9091)).toBe(true)
    await etcd.start()
    await putText(shop('9092:80'))
    await untilInForce()
    expect(await answersInTime(9092)).toBe(true)
    expect(fromJson((await status()).stdout)).not.toHaveProperty('heldBack')
    await stopWatch()
  })

  test('holds back a text with an error conflict, says what and where, and applies it once the conflict is gone', async () => {
    const { lab } = here()
    await startWatch()
    await untilInForce()
    await lab.host.listen({ protocol: 'tcp', port: 8300 })
    expect(await answersNow(8300)).toBe(true)
    await putText(shop('9092:80', '8300:80'))
    const taken = await untilRefused()
    expect(taken).toMatch(/^BLOCKED: .*HostPortTaken, etcd:\/\/\/prod\/shop:1:\d+: .*8300/)
    expect(taken).toContain('stays in force')
    expect(taken).toContain('etcdctl put /prod/shop < compose.yaml')
    // All commands for this project get the message too.
    const why = expect.stringMatching(/held as it was by .*\(process \d+\)[\s\S]*HostPortTaken[\s\S]*8300/)
    const heldBack = { project: 'shop', code: 'BLOCKED', message: expect.stringContaining('8300') }
    for (const words of [['status'], ['plan', '-p', 'shop', ...cluster()]]) {
      expect(await run(...words)).toMatchObject({ stderr: why })
      const { heldBack: shown } = JSON.parse((await run(...words, '--json')).stdout)
      expect([shown].flat()).toMatchObject([heldBack])
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
    expect(await watchOnce()).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(/BLOCKED[\s\S]*"kind":"watching"/),
    })
    await startWatch()
    expect(await untilRefused()).toMatch(/^BLOCKED: /)
    expect([await by(8300), await by(9092)]).toEqual(['host', 'nginx'])
    await lab.host.unlisten('tcp', 8300)
    await untilInForce()
    expect([await by(8300), await by(9092)]).toEqual(['nginx', 'nginx'])
    expect((await run('status')).stderr).not.toContain('held as it was')
    expect(fromJson((await run('status', '--json')).stdout)).not.toHaveProperty('heldBack')

    const network = (subnet: string): string =>
      `services:\n  nginx: {ports: ['9092:80']}\n  db: {networks: [back]}\nnetworks:\n  back: {ipam: {config: [{subnet: ${subnet}}]}}\n`
    // This subnet is in no host's block, so also not in this host's.
    await putText(network('10.64.0.0/24'))
    expect(await untilRefused()).toMatch(/^BLOCKED: .*SubnetOverlap, etcd:\/\/\/prod\/shop:5:/)
    expect(await bridges()).not.toContain('network=back')
    await putText(network('192.168.77.0/24'))
    await untilInForce()
    expect(await bridges()).toContain('network=back')
    await putText(shop('9092:80'))
    await untilInForce()
    await stopWatch()
  })
})
