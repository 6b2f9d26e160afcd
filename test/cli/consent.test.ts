import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { describeOnKernel } from '../lab/gate.ts'
import { oneService } from './host-facts.ts'
import { commandLine, run } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const blog = 'name: blog\nservices: {web: {ports: ["9090:80"]}}\n'
const host = fileURLToPath(new URL('../../packages/host/dist/index.js', import.meta.url))

/** Holds the host's lock until the file `go` exists. */
const holder = `import { existsSync, writeFileSync } from 'node:fs'
import { withHostLock } from ${JSON.stringify(host)}
await withHostLock(async () => {
  writeFileSync('held', '')
  while (!existsSync('go')) await new Promise((done) => setTimeout(done, 20))
})
`
const listener = `import { createServer } from 'node:net'
import { writeFileSync } from 'node:fs'
createServer().listen(8080, '0.0.0.0', () => writeFileSync('listening', ''))
`

const base = temporaryFolder({})

/** Functions for scripts; \`$portolan\` is the command. Each wait ends after a minute at most. */
const words = `portolan='${commandLine.join(' ')}'; node='${process.execPath}'
until_said() { for i in $(seq 600); do [ "$(grep -c -- "$1" "$2" 2>/dev/null)" -ge "\${3:-1}" ] && return 0; sleep 0.1; done
  echo "no $1 in $2:"; cat "$2"; exit 98; }
until_there() { for i in $(seq 600); do [ -e "$1" ] && return 0; sleep 0.1; done; echo "no $1"; exit 97; }
# A command on a terminal, typed to through descriptor 3.
type_to() { mkfifo in; script -qec "$*" /dev/null <in >out 2>&1 & typed=$!; exec 3>in; }
answered() { wait $typed; code=$?; exec 3>&-; echo "code $code"; cat out; }
# How many rules shop has, and how many leases.
shop_has() { echo "rules $(nft list ruleset | grep -c shop/)"; $portolan plan --json --state state | grep -o '"kept": [0-9]*'; }
`

/** Runs a script in its own namespaces and folder. */
const inside = (script: string) => {
  const folder = mkdtempSync(join(base, 'host-'))
  const files = {
    'compose.yaml': oneService,
    'blog.yaml': blog,
    'other.yaml': oneService.replace('web', 'other').replace('8080', '8081'),
    'holder.mjs': holder,
    'listener.mjs': listener,
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const apart = ['unshare', '--net', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c']
  return run([...apart, `${words}${script}`], { folder })
}

describeOnKernel('the answer to a question', 'nftables', () => {
  test.each([
    ['apply', 'Control-C', '\\003', 130, 'interrupted'],
    ['apply', 'Control-D', '\\004', 0, ''],
    ['destroy -f blog.yaml', 'Control-C', '\\003', 130, 'interrupted'],
    ['destroy -f blog.yaml', 'Control-D', '\\004', 0, ''],
  ])('of %s that is %s changes nothing, and is no error of ours', async (command, _, key, code, said) => {
    const { stdout } = await inside(
      `$portolan apply -f blog.yaml --yes --state state >/dev/null; nft list ruleset >before
      type_to $portolan ${command} --state state; until_said 'y/N' out; printf '${key}' >&3; answered
      nft list ruleset | cmp - before && echo same rules`,
    )
    expect(stdout).toContain(`code ${code}\n`)
    expect(stdout).toContain('Nothing was changed.')
    expect(stdout).toContain('same rules')
    expect(stdout).toContain(said)
    expect(stdout).not.toMatch(/internal error|^\s+at /m)
  })
})

describeOnKernel('apply of a host that changed while it asked', 'nftables', () => {
  const changed = `type_to $portolan apply --state state; until_said 'y/N' out
    $portolan apply -f blog.yaml --yes --state state >/dev/null; printf 'y\\n' >&3; until_said 'y/N' out 2`

  test('shows what is new and asks again: no is no', async () => {
    const { stdout } = await inside(`${changed}; printf 'n\\n' >&3; answered; shop_has`)
    expect(stdout).toContain('code 0\n')
    expect(stdout).toMatch(
      /The plan has changed[\s\S]*Changes that are new[\s\S]*Apply these \d+ changes\?[\s\S]*Nothing was changed\./,
    )
    // shop has neither rules nor leases.
    expect(stdout).toMatch(/\nrules 0\n"kept": 0\n$/)
  })

  test('and applies the plan that was agreed to last', async () => {
    const { stdout } = await inside(
      `${changed}; printf 'y\\n' >&3; answered; nft list ruleset | grep -o 'shop/[^"]*:80'; $portolan plan --state state | sed -n 2p`,
    )
    expect(stdout).toMatch(/Applied \d+ changes\.\s+shop\/.*:80\n[\s\S]*Nothing to do\.\n$/)
  })
})

describeOnKernel('destroy of a host that changed while it asked', 'nftables', () => {
  const asked = (words: string, change: string) =>
    `$portolan apply --yes --state state >/dev/null; type_to $portolan destroy ${words} --state state
    until_said 'y/N' out; ${change} >/dev/null; printf 'y\\n' >&3; `

  test('shows what there is now and asks again: no is no, yes removes that', async () => {
    const again = asked('-f compose.yaml', '$portolan apply -f other.yaml --yes --state state')
    const no = await inside(`${again} until_said 'y/N' out 2; printf 'n\\n' >&3; answered; shop_has`)
    expect(no.stdout).toMatch(
      /planning again[\s\S]*table inet portolan[\s\S]*\[y\/N\][\s\S]*Nothing was changed\./,
    )
    expect(no.stdout).toContain('code 0\n')
    expect(no.stdout).not.toContain('\nrules 0\n')
    const yes = await inside(`${again} until_said 'y/N' out 2; printf 'y\\n' >&3; answered; shop_has`)
    expect(yes.stdout).toMatch(/Removed shop\.[\s\S]*\nrules 0\n/)
  })

  test('removes no project that came meanwhile', async () => {
    const { stdout } = await inside(
      `${asked('--all', '$portolan apply -f blog.yaml --yes --state state')} answered; nft list ruleset | grep -o 'blog/[^"]*:80'; shop_has`,
    )
    expect(stdout).toMatch(/changed after the plan was made\. Nothing was changed; plan again\./)
    expect(stdout).toContain('code 1\n')
    expect(stdout).toMatch(/\nblog\/.*:80\n/)
    expect(stdout).not.toContain('\nrules 0\n')
  })
})

describeOnKernel('apply --yes of a host that changed meanwhile', 'nftables', () => {
  /** The plan is made and waits for the lock. Something of Portolan's is changed before it gets the lock. */
  const changedBy = (change: string, extra: string) =>
    `$portolan apply -f blog.yaml --yes --state state >/dev/null
    $node holder.mjs & until_there held
    $portolan apply --yes --state state ${extra} <compose.yaml >out 2>err & apply=$!
    until_said 'waiting for' err; ${change}
    nft add rule inet portolan "$(nft list table inet portolan | sed -nE 's/^\tchain (.*) [{]/\\1/p' | head -1)" counter
    touch go; wait $apply; echo "code $?"; cat out err; shop_has`
  const listen = '$node listener.mjs & until_there listening'

  test('goes on where no conflict is new, with what standard input said at first', async () => {
    const { stdout } = await inside(changedBy('', '-f -'))
    expect(stdout).toContain('code 0\n')
    expect(stdout).toMatch(/The plan has changed[\s\S]*Applied \d+ changes\./)
    expect(stdout).toContain('planning again')
  })

  test.each(['', '--force'])(
    'ends with a conflict that is new, shown, and leaves no lease: %s',
    async (extra) => {
      const { stdout } = await inside(changedBy(listen, extra))
      expect(stdout).toContain('code 3\n')
      expect(stdout).toMatch(
        /Conflicts that are new\n {2}error HostPortTaken[\s\S]*because of the conflicts above/,
      )
      expect(stdout).not.toContain('Applied')
      expect(stdout).toMatch(/\nrules 0\n"kept": 0\n$/)
    },
  )

  test('says in JSON what it refers to', async () => {
    const { stdout } = await inside(changedBy(listen, '--json').replace('cat out err', 'cat out'))
    const body = stdout.slice(stdout.indexOf('{'), stdout.lastIndexOf('}') + 1)
    expect(fromJson(body)).toMatchObject({ applied: false, conflicts: [{ kind: 'HostPortTaken' }] })
  })
})

describeOnKernel('a failed apply', 'iptables-nft', () => {
  const apply = '$portolan apply --yes --state state --backend iptables-nft'
  const has = `echo "rules $(iptables-nft-save | grep -c shop/)"; $portolan plan --json --state state --backend iptables-nft | grep -o '"kept": [0-9]*'`

  test('where the program that writes is missing leaves no lease behind', async () => {
    const { stdout } = await inside(
      `unshare --mount sh -c 'mount -t tmpfs tmpfs /usr/sbin && exec "$@"' sh ${apply} 2>&1; echo "code $?"; ${has}`,
    )
    expect(stdout).toContain('is not installed')
    expect(stdout).toMatch(/\ncode 1\nrules 0\n"kept": 0\n$/)
  })

  /** A command that finds replaced programs first, which do something else when they should write. */
  const whereWriting = (write: string) => `mkdir bin; cat >bin/iptables-nft-restore <<END
#!/bin/sh
${write}; exit 1
END
      cp bin/iptables-nft-restore bin/ip6tables-nft-restore; chmod +x bin/*
      PATH=$PWD/bin:$PATH ${apply}`

  test('that the kernel refuses leaves none, and holds again what it had given up', async () => {
    const { stdout } = await inside(
      `${apply} >/dev/null; $portolan plan --json --state state --backend iptables-nft >before
      ${whereWriting('echo refused >&2')} -f other.yaml 2>&1; echo "code $?"
      $portolan plan --json --state state --backend iptables-nft | cmp - before && echo same plan`,
    )
    expect(stdout).toMatch(/refused[\s\S]*\ncode 1\nsame plan\n$/)
  })

  test('whose rules are in force all the same, as when the program is killed at its end, keeps what they lead to', async () => {
    const { stdout } = await inside(
      `${whereWriting('/usr/sbin/iptables-nft-restore "\\$@"; echo killed >&2')} 2>&1; echo "code $?"; ${has}`,
    )
    expect(stdout).toMatch(/killed[\s\S]*\ncode 1\nrules [1-9]\d*\n"kept": [1-9]\d*\n$/)
  })
})

describeOnKernel('an apply of nftables that is refused', 'nftables', () => {
  test('leaves no lease behind', async () => {
    // Another program owns the table as long as it runs.
    const { stdout } = await inside(
      `mkfifo hold; { echo 'add table inet portolan { flags owner; }'; until_there go; } >hold &
      nft -i <hold >/dev/null & until nft list tables | grep -q portolan; do sleep 0.05; done
      $portolan apply --yes --state state 2>&1; echo "code $?"; touch go; wait; shop_has`,
    )
    expect(stdout).toContain('Another program owns the table')
    expect(stdout).toMatch(/\ncode \d\nrules 0\n"kept": 0\n$/)
  })
})
