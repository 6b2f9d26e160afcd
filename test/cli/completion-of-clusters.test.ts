import { existsSync } from 'node:fs'
import { beforeAll, expect, test } from '@jest/globals'
import { writeAppliedText, writeMember } from '@portolan/host'
import { commandLine, run } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const program = `#!/bin/sh\nexec ${commandLine.map((word) => `'${word}'`).join(' ')} "$@"\n`
const configured = 'etcd://192.0.2.8:2379/spare'
const joined = 'etcd://192.0.2.7:2379,192.0.2.9:2379/prod'
const folder = temporaryFolder({
  'bin/portolan': program,
  'home/portolan/config.yaml': `cluster: ${configured}\n`,
})
const state = temporaryFolder({})
const damaged = temporaryFolder({ 'cluster.json': '{', 'portolan/config.yaml': '[' })

/** The host has joined a cluster. The texts of two keys are in force, one of which no command line can hold unquoted. */
beforeAll(async () => {
  await writeMember(state, {
    ...{ cluster: 'prod', host: 'host-a', incarnation: 'a', url: joined },
    ...{ pools: ['10.96.0.0/12:16'], blocks: [], leaving: [], lost: [] },
  })
  const text = 'services: {web: {ports: ["8080:80"]}}'
  for (const key of ['shop', 'team/blog', 'two words'])
    await writeAppliedText(state, `etcd:///${key}`, {
      ...{ project: key.replace(/\W/, ''), text },
      url: `etcd:///${key}`,
    })
})

/** Runs a script in which `portolan` is on the PATH, as for a user with a config file. */
const shell = async (words: readonly string[]): Promise<string> => {
  const { stdout, stderr } = await run(['sh', '-c', 'chmod +x bin/portolan; exec "$@"', 'sh', ...words], {
    folder,
    environment: {
      PATH: `${folder}/bin:/usr/local/bin:/usr/bin:/bin`,
      TERM: 'xterm',
      XDG_CONFIG_HOME: `${folder}/home`,
    },
    timeoutMs: 100_000,
  })
  expect(stderr).toBe('')
  return stdout
}

test('bash offers the clusters that the config names and this host joined, and the keys in force', async () => {
  // bash cuts a word at each colon, and offers what is behind the last one.
  const cases: readonly (readonly [words: string, offers: string])[] = [
    ['plan --cluster ""', `${configured} ${joined}`],
    ['plan --cluster et', `${configured} ${joined}`],
    ['plan --cluster etcd :', '//192.0.2.8:2379/spare //192.0.2.7:2379,192.0.2.9:2379/prod'],
    ['plan --cluster etcd : //192.0.2.8', '//192.0.2.8:2379/spare'],
    ['plan --cluster etcd : //192.0.2.8 : 2', '2379/spare'],
    ['plan --cluster = etcd : //192.0.2.7 : 2379,192.0.2.9 :', '2379/prod'],
    ['plan --cluster etcd : //203', ''],
    ['watch --intent ""', 'etcd:///shop etcd:///team/blog'],
    ['watch --intent etcd : ///t', '///team/blog'],
    ['watch --intent = etcd :', '///shop ///team/blog'],
  ]
  const asked = cases.map(([words]) => {
    const [verb, ...rest] = words.split(' ')
    return `COMP_WORDS=(portolan ${verb} --state ${state} ${rest.join(' ')}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _portolan portolan; echo "\${COMPREPLY[*]}"`
  })
  const script = `source <(portolan completion bash)
    compopt() { echo "compopt $*"; }; ${asked.join('\n')}`
  const offered = (await shell(['bash', '--norc', '-c', script])).replace(/\n$/, '').split('\n')
  expect(offered).toEqual(cases.map(([, offers]) => offers))
})

test('a cluster is offered though the other source of clusters is damaged', async () => {
  const offered = async (config: string, directory: string) =>
    (
      await shell([
        ...['env', `XDG_CONFIG_HOME=${config}`],
        ...['portolan', 'complete', '--', 'plan', '--state', directory, '--cluster', ''],
      ])
    )
      .split('\n')
      .map((line) => line.trim())
  expect(await offered(`${folder}/home`, damaged)).toEqual([configured, ':4', ''])
  expect(await offered(damaged, state)).toEqual([joined, ':4', ''])
})

/** script/bootstrap --tests installs zsh. Without it this test is skipped; in CI it fails. */
const testWithZsh =
  existsSync('/usr/bin/zsh') || process.env.CI === 'true' ? test : (test.skip as typeof test)

const lines = [
  `portolan plan --state ${state} --cluster etcd://192.0.2.8`,
  `portolan plan --state ${state} --cluster=etcd://192.0.2.7:2379,192.0.2.9:`,
  `portolan watch --state ${state} --intent etcd:///t`,
  `portolan watch --state ${state} --intent=etcd:///s`,
]
const ran = [
  `ran plan --state ${state} --cluster ${configured}`,
  `ran plan --state ${state} --cluster=${joined}`,
  `ran watch --state ${state} --intent etcd:///team/blog`,
  `ran watch --state ${state} --intent=etcd:///shop`,
]

/** The lines that an interactive shell runs in a terminal of its own. Tab completes each of them. */
const completedIn = async (start: string, setUp: string): Promise<readonly string[]> => {
  const asked = lines.map((line) => `ask $'${line}\\t'`).join('\n')
  const script = `
    zmodload zsh/zpty
    zpty inner ${start}
    ask() { zpty -w inner "$1"; }
    ask "PS1='' PS2='' TERM=dumb; ${setUp}"
    ask "portolan() { if [[ \\$1 == complete ]]; then command portolan \\"\\$@\\"; else echo ran \\"\\$@\\" >> ran; fi; }"
    ${asked}
    ask $'exit'
    while zpty -r inner line; do :; done`
  await shell(['zsh', '-f', '-c', script])
  const { stdout } = await run(['sh', '-c', 'cat ran; rm ran'], { folder })
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.trim()]))
}

testWithZsh('zsh completes clusters and keys, with their colons', async () => {
  const setUp =
    'unsetopt zle_bracketed_paste; autoload -U compinit; compinit -u -D; source <(portolan completion zsh)'
  expect(await completedIn('zsh -f -i', setUp)).toEqual(ran)
})

testWithZsh('bash on a terminal completes clusters and keys, with their colons', async () => {
  expect(await completedIn('bash --norc -i', 'source <(portolan completion bash)')).toEqual(ran)
})
