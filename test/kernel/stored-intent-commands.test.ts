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
  deleteText,
  describeStored,
  destroy,
  here,
  nextEvent,
  putText,
  run,
  shop,
  startWatch,
  state,
  stopWatch,
  untilInForce,
  untilRefused,
  watchOnce,
  watchWords,
} from './stored-intent/stored-shop.ts'

describeStored('commands beside portolan watch --intent', () => {
  test('a second watch of the project is refused, from a file and from etcd, and the error names the first process', async () => {
    const { lab } = here()
    await putText(shop('9092:80'))
    await startWatch()
    await untilInForce()
    await attachNginx(shop('9092:80'))
    const file = await lab.write('shop.yaml', `name: shop\n${shop('7070:80')}`)
    const second = ['watch', '-f', file, ...cluster(), '--once', '--backend', 'nftables']
    for (const words of [second, watchWords(), watchWords('--once')]) {
      const { exitCode, stdout, stderr } = await run(...words)
      expect({ exitCode, said: `${stdout}${stderr}` }).toEqual({
        exitCode: 1,
        said: expect.stringMatching(
          /project shop is held by another .*portolan watch.* \(process \d+\).* \(kill \d+,/,
        ),
      })
    }
    expect([await answersInTime(9092), await answersNow(7070)]).toEqual([true, false])
    expect(await run(...second, '--check')).toMatchObject({ exitCode: 0 })
    await stopWatch()
  })

  test('watch -p reads the key that the text of the project came from, and apply -p is refused with that watch', async () => {
    const { lab } = here()
    await putText(shop('9092:80'))
    await startWatch()
    await untilInForce()
    await stopWatch()
    const run = (...words: readonly string[]) => lab.host.run([...lab.command, ...words, ...cluster()])
    await putText(shop('7070:80'))
    expect(await run('watch', '-p', 'shop', '--once')).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('project shop is read from etcd:///prod/shop'),
    })
    await attachNginx(shop('7070:80'))
    expect([await answersInTime(7070), await answersNow(9092)]).toEqual([true, false])
    expect(await run('apply', '-p', 'shop', '--yes')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/its watch applies it: `portolan watch --intent etcd:\/\/\/prod\/shop /),
    })
  })

  test('an apply of another text is refused with the key, and an apply of the text in force is not', async () => {
    const { lab } = here()
    await putText(shop('9092:80'))
    await startWatch()
    await untilInForce()
    const apply = async (text: string, ...words: readonly string[]) =>
      run('apply', '-f', await lab.write('shop.yaml', text), ...cluster(), '--yes', ...words)
    const zzz = 'name: shop\nservices: {nginx: {networks: [zzz]}}\nnetworks: {zzz: {}}\n'
    expect(await apply(zzz)).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /project shop is held by "portolan watch" \(process (\d+)\), which follows etcd:\/\/\/prod\/shop .*etcdctl put \/prod\/shop.*kill \1,.* Nothing was changed\./,
      ),
    })
    expect(await bridges()).not.toContain('network=zzz')
    const same = `name: shop\n${shop('9092:80')}`
    expect(await apply(same)).toMatchObject({ exitCode: 0 })
    // The key has the new text, which is held back. The earlier text is still active and kept.
    await putText('services:\n  one: {ports: ["9092:80"]}\n  two: {ports: ["9092:80"]}\n')
    const why = await untilRefused()
    expect(why).toMatch(/^BLOCKED: .*DuplicateHostPort: .*It is written at etcd:\/\/\/prod\/shop:3:/)
    expect(why.match(/prod\/shop:3:/g)).toHaveLength(1)
    expect(await apply(same)).toMatchObject({ exitCode: 0 })
    const moved = await run(
      ...['move', 'default', '-p', 'shop', ...cluster(), '--yes', '--pool', '10.96.0.0/16:24'],
    )
    expect(moved).toMatchObject({ exitCode: 0 })
    // The watch takes the move as one of the active text, although the key has another one.
    await putText('services:\n  nginx: {ports: ["99999:80"]}\n')
    await untilRefused()
    expect(await lab.host.mustRun(['cat', '/run/lab/events'])).not.toContain('"object":"address ')
    await putText(shop('9092:80'))
    await untilInForce()
    await stopWatch()
    await destroy('-p', 'shop')
  })

  test('the move commands that watch, plan and status print work as they are printed', async () => {
    await stopWatch()
    await putText(shop('9092:80'))
    expect(await watchOnce()).toMatchObject({ exitCode: 0 })
    // Another host takes this host's blocks.
    const prefix = '/portolan/v1/prod/blocks/'
    const found = JSON.parse(await askEtcd('range', { key: base64(prefix), range_end: base64(`${prefix}~`) }))
    for (const { key: block, value } of found.kvs) {
      const taken = Buffer.from(value, 'base64').toString().replaceAll('"web-1"', '"web-9"')
      await askEtcd('put', { key: block, value: base64(taken) })
    }
    await run('cluster', 'join', ...cluster())
    const commandIn = (conflicts: readonly { readonly remedy: { readonly commands: readonly string[] } }[]) =>
      conflicts.flatMap(({ remedy }) => remedy.commands).find((one) => one.startsWith('portolan move ')) ?? ''
    const typed = (command: string, ...words: readonly string[]) =>
      run(...command.split(' ').slice(1), ...words)
    const planned = await run('plan', '-p', 'shop', ...cluster(), '--json')
    const status = await run('status', '--json')
    const printed = [
      commandIn(JSON.parse(planned.stdout).conflicts),
      commandIn(JSON.parse(status.stdout).conflicts),
    ]
    const text = await run('status')
    expect(text.stdout).toContain(`To move the network: ${printed[1]}`)
    expect(text.stdout).toContain('"portolan status -p shop"')
    const ofShop = await run('status', '-p', 'shop')
    expect(ofShop.stdout).toContain('nginx')
    expect(ofShop.stdout).not.toContain('DRIFT ?')
    await startWatch()
    const event = await nextEvent('the lost block', ({ kind }) => kind === 'conflict')
    printed.push(commandIn(event.kind === 'conflict' ? [event.conflict] : []))
    for (const command of printed) {
      expect(command).toContain(' --project shop ')
      const words = command.includes('--cluster') ? [] : cluster()
      expect(await typed(command, ...words)).toMatchObject({
        exitCode: 2,
        stdout: expect.stringContaining('default'),
      })
    }
    const moving = await typed(printed[2] ?? '', '--yes')
    expect(moving).toMatchObject({ exitCode: 0 })
    await stopWatch()
    const { conflicts } = JSON.parse((await run('plan', '-p', 'shop', ...cluster(), '--json')).stdout)
    expect(conflicts).toEqual([])
    await destroy('-p', 'shop')
  })

  test('the commands with --guard-forwarding that watch, plan and conflicts print are those of the watch, and work', async () => {
    const { lab } = here()
    await stopWatch()
    await putText(shop('9092:80'))
    const commandsIn = (stdout: string): readonly string[] =>
      [...stdout.matchAll(/"(portolan [^"]*--guard-forwarding)"/g)].map(([, command = '']) => command)
    const router = () => lab.host.setSysctl('net.ipv4.ip_forward', 0)
    await router()
    const printed = [commandsIn((await run(...watchWords('--once', '--check'))).stdout)]
    expect(await watchOnce()).toMatchObject({ exitCode: 0 })
    for (const verb of ['plan', 'conflicts']) {
      await router()
      printed.push(commandsIn((await run(verb, '-p', 'shop', '--backend', 'nftables', '--json')).stdout))
    }
    const command = `portolan watch --intent etcd:///prod/shop --project shop --backend nftables ${cluster().join(' ')} --guard-forwarding`
    expect(printed).toEqual([[command], [command], [command]])
    expect(await run(...command.split(' ').slice(1), '--once')).toMatchObject({ exitCode: 0 })
    expect(await lab.host.mustRun(['nft', 'list', 'ruleset'])).toContain('portolan')
  })

  test('watch, plan and status use the backend in force, whichever process applied it', async () => {
    const { lab } = here()
    const json = async (command: string, ...words: readonly string[]) => {
      const named = command === 'status' ? words : [...words, ...cluster()]
      return JSON.parse((await run(command, ...named, '-p', 'shop', '--json')).stdout)
    }
    /** Runs the watch once, with the words for its backend. */
    const watch = async (...words: readonly string[]) => {
      const plain = watchWords('--once').filter((word) => word !== '--backend' && word !== 'nftables')
      expect(await run(...plain, ...words)).toMatchObject({ exitCode: 0 })
    }
    const isAllIn = async (backend: string) => {
      expect(await json('plan')).toMatchObject({ backend, changes: [] })
      expect((await json('status')).mappings).toMatchObject([{ backend, project: 'shop', drift: 'none' }])
    }
    await putText(shop('9093:80'))
    await watch('--backend', 'iptables-legacy')
    await putText(shop('9094:80'))
    // Neither a new text nor a missing --backend changes the backend.
    await watch()
    await isAllIn('iptables-legacy')
    // The same text with another backend.
    await watch('--backend', 'iptables-nft')
    await isAllIn('iptables-nft')
    // After a boot no rules show the backend.
    await lab.host.mustRun(['nft', 'flush', 'ruleset'])
    expect(await json('plan')).toMatchObject({ backend: 'iptables-nft' })
    expect((await json('status')).mappings).toMatchObject([
      { backend: 'iptables-nft', project: 'shop', drift: 'missing' },
    ])
    await watch()
    await isAllIn('iptables-nft')
    const file = await lab.write('shop.yaml', `name: shop\n${shop('9094:80')}`)
    expect(await run('apply', '-f', file, '--backend', 'nftables', '--yes', ...cluster())).toMatchObject({
      exitCode: 0,
    })
    await isAllIn('nftables')
    await watch()
    await isAllIn('nftables')
    await destroy('-p', 'shop')
    for (const program of ['iptables-legacy-save', 'iptables-nft-save'])
      expect(await lab.host.mustRun([program])).not.toContain('PORTOLAN')
  })

  test('a destroyed project does not come back with a watch once the key is gone', async () => {
    const { lab } = here()
    for (const words of [['-p', 'shop'], ['--all']]) {
      await putText(shop('9092:80'))
      expect(await watchOnce()).toMatchObject({ exitCode: 0 })
      expect(await bridges()).toContain('project=shop')
      await lab.host.mustRun(['sh', '-c', `rm -f /run/lab/applied-*; cp ${state}/applied-* /run/lab/`])
      await deleteText()
      expect(await destroy(...words)).toMatchObject({ exitCode: 0 })
      expect(fromJson<{ readonly error: unknown }>((await watchOnce()).stdout).error).toMatchObject({
        code: 'INTENT_MISSING',
      })
      expect(await bridges()).not.toContain('project=shop')
      // As after a destroy that did not know this file: nothing else is left.
      await lab.host.mustRun(['sh', '-c', `cp /run/lab/applied-* ${state}/`])
      expect(await destroy('-p', 'other')).toMatchObject({ exitCode: 1 })
      expect(await destroy(...words)).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining('forgets the text of project shop that was in force last'),
      })
      expect(fromJson<{ readonly error: unknown }>((await watchOnce()).stdout).error).toMatchObject({
        code: 'INTENT_MISSING',
      })
      expect(await destroy(...words)).toMatchObject({ exitCode: words[0] === '--all' ? 0 : 1 })
    }
  })

  test('watch --check stores no text', async () => {
    await putText(shop('9092:80'))
    await run(...watchWords('--once', '--check'))
    await deleteText()
    expect(fromJson<{ readonly error: unknown }>((await watchOnce()).stdout).error).toMatchObject({
      code: 'INTENT_MISSING',
    })
  })

  test('watch names the conflicts that block a first text, and what to change', async () => {
    await putText(
      `${shop('9092:80')}networks: {default: {ipam: {config: [{subnet: ${addresses.ip.host.replace(/[0-9]+$/, '0/24')}}]}}}\n`,
    )
    const plain = watchWords('--once').filter((word) => word !== '--json')
    const { exitCode, stdout, stderr } = await run(...plain)
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 1,
      stdout: expect.stringMatching(/error SubnetOverlap: [\s\S]*What to do: /),
      stderr: expect.stringMatching(/ change the text under the key .*etcdctl put \/prod\/shop/),
    })
    expect(stderr).not.toContain('portolan apply')
    // Nothing is active or leased yet, so nothing can move. Instead the message proposes a subnet of the cluster.
    expect(stdout).not.toContain('portolan move')
    await putText(`${shop('9092:80')}networks: {default: {ipam: {config: [{subnet: 10.64.0.0/24}]}}}\n`)
    const ofCluster = (await run(...plain)).stdout
    expect(ofCluster).not.toContain('portolan move')
    const [, proposes = ''] = /^ +portolan (subnet .*)$/m.exec(ofCluster) ?? []
    expect(await run(...proposes.split(' '))).toMatchObject({ exitCode: 0 })
    const [event = ''] = (await watchOnce()).stdout.split('\n')
    expect(fromJson(event)).toMatchObject({ kind: 'conflict', conflict: { kind: 'SubnetOverlap' } })
    // A conflict about a port also names its line.
    await putText('services:\n  one: {ports: ["9092:80"]}\n  two: {ports: ["9092:80"]}\n')
    expect((await run(...plain)).stderr).toMatch(/\(DuplicateHostPort, etcd:\/\/\/prod\/shop:3:\d+/)
    await deleteText()
  })
})
