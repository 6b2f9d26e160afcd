import { describe, expect, test } from '@jest/globals'
import { commands } from '../../packages/portolan/src/command/commands.ts'
import { exitCodes } from '../../packages/portolan/src/command/exit-code.ts'
import { quietHost } from './host-facts.ts'
import { commandLine, run } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const compose = `name: shop
services: {web: {image: nginx, networks: [web], ports: ["8080:80"]}}
networks: {web: {}}
`
const packet = {
  ...{ family: 'ip', in: 'eth0', source: '198.51.100.7', sourcePort: 40000, protocol: 'tcp' },
  ...{ destination: '192.0.2.2', destinationPort: 8080, state: 'new' },
}
const words = commandLine.map((word) => `'${word}'`).join(' ')
/** A program that serves until it is stopped is stopped as soon as it serves. */
const program = `#!/bin/sh
if [ "$1" = cluster ] && [ ! -e /run/etcd.pid ]; then
  setsid etcd --data-dir /run/etcd --log-level error >/dev/null 2>&1 &
  echo $! >/run/etcd.pid
  until curl --silent --fail http://127.0.0.1:2379/health >/dev/null; do kill -0 $! || break; sleep 0.05; done
fi
[ "$1" = docker-plugin ] || exec ${words} "$@"
${words} "$@" &
until [ -S /run/docker/plugins/portolan.sock ]; do kill -0 $! || break; sleep 0.05; done
kill -TERM $!
wait $!
`
const files = {
  'compose.yaml': compose,
  'host.json': quietHost,
  'rules.v4':
    '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A FORWARD -i eth0 -j DROP\nCOMMIT\n',
  'packets.jsonl': `${JSON.stringify(packet)}\n`,
  'bin/portolan': program,
  '.config/fish/completions/kept': '',
  '.local/share/bash-completion/completions/kept': '',
}
const folder = temporaryFolder(files)

/** Some fifty commands run one after the other. Most of them take the 2 s of `runAll`. */
const longestMs = 300_000

/**
 * Runs lines one after the other on a new host with its own state directory. A question is answered with yes by an
 * endless pipe. At such a pipe script(1) waits 2 s for a line that no program reads (lib/pty-session.c of util-linux,
 * `write_eof_to_child`).
 * @returns how each line ended, and its standard error
 */
const runAll = async (lines: readonly string[]): Promise<readonly [string, string, string][]> => {
  const script = `chmod +x bin/portolan; mount -t tmpfs tmpfs /var/lib; mount -t tmpfs tmpfs /run; ip link set lo up
    ip link add eth0 type veth peer name far0; ip link set far0 up; ip address add 192.0.2.2/24 dev eth0; ip link set eth0 up; ip route add default via 192.0.2.1
    ip netns add blue; ip netns add green
    mkfifo typed; exec 3<>typed
    ${lines.map((line, at) => `echo y >&3; script -qec '${line}' /dev/null <&3 >said.${at}; echo "$? ${at}" >>codes`).join('\n')}
    kill -KILL $(cat /run/etcd.pid)
    exit 0`
  await run(['unshare', '--net', '--mount', 'bash', '-c', script], {
    folder,
    environment: { PATH: `${folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin`, TERM: 'dumb' },
    timeoutMs: longestMs,
  })
  const { stdout } = await run(['sh', '-c', 'cat codes; rm -f codes'], { folder })
  const codes = new Map(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ').toReversed() as [string, string]),
  )
  const said = await run(
    ['sh', '-c', `for at in $(seq 0 ${lines.length - 1}); do tr '\\n' ' ' <said.$at; echo; done`],
    {
      folder,
    },
  )
  return lines.map((line, at) => [line, codes.get(String(at)) ?? 'none', said.stdout.split('\n')[at] ?? ''])
}

/** Each command comes after those that make what it needs. */
const order = [
  'plan',
  'apply',
  'status',
  'watch',
  'move',
  'attach',
  'detach',
  'docker-plugin',
  'conflicts',
  'script',
  'subnet',
  'explain',
  'report',
  'evaluate',
  'parse',
  'inspect',
  'cluster',
  'completion',
  'version',
  'destroy',
]

describe('the examples of help', () => {
  test('are of every command, and begin with it', () => {
    expect(order.toSorted()).toEqual(Object.keys(commands).sort())
    for (const [name, { examples }] of Object.entries(commands))
      for (const { line } of examples) expect(line).toMatch(new RegExp(`^portolan (${name}\\b|-v$)`))
  })

  test(
    'run as they stand, with an exit code that is not that of an error',
    async () => {
      const lines = order.flatMap((name) => commands[name]?.examples.map(({ line }) => line) ?? [])
      const outcomes = await runAll(lines)
      const fine = ['0', String(exitCodes.changes.code)]
      expect(outcomes.filter(([, code]) => !fine.includes(code))).toEqual([])
      expect(outcomes).toHaveLength(lines.length)
    },
    longestMs,
  )
})
