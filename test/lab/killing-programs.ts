import type { Lab } from './lab.ts'

/**
 * When a command is killed: around the program of this number, among the programs it starts to change rules. `before`
 * it begins, `after` it has ended, or `during`: the program survives and does its work a second later.
 */
export interface KillPoint {
  readonly program: number
  readonly when: 'before' | 'during' | 'after'
}

const names = [
  'nft',
  'iptables-nft-restore',
  'ip6tables-nft-restore',
  'iptables-legacy-restore',
  'ip6tables-legacy-restore',
]
const folder = '/run/lab/killing'

/**
 * A script in place of the program. It counts the calls that change rules, and kills the caller at the point in the
 * file `at`.
 */
const shim = (name: string): string => `#!/bin/sh
case "${name} $*" in
  nft*-f*|*-restore*) ;;
  *) exec /usr/sbin/${name} "$@" ;;
esac
count=$(($(cat ${folder}/count) + 1))
echo $count > ${folder}/count
if [ "$(cat ${folder}/at)" = "$count before" ]; then kill -KILL $PPID; exit 1; fi
if [ "$(cat ${folder}/at)" = "$count during" ]; then kill -KILL $PPID; sleep 1; fi
/usr/sbin/${name} "$@"
code=$?
if [ "$(cat ${folder}/at)" = "$count after" ]; then kill -KILL $PPID; fi
exit $code
`

/**
 * Makes a function that runs a portolan command and kills it at a point. It resolves with whether the point was
 * reached.
 */
export const killingPrograms = async (
  lab: Lab,
): Promise<(args: readonly string[], point: KillPoint) => Promise<boolean>> => {
  await lab.host.mustRun(['mkdir', '-p', `${folder}/bin`])
  for (const name of names) {
    await lab.host.writeText(`${folder}/bin/${name}`, shim(name))
    await lab.host.mustRun(['chmod', '755', `${folder}/bin/${name}`])
  }
  return async (args, { program, when }) => {
    await lab.host.writeText(`${folder}/count`, '0\n')
    await lab.host.writeText(`${folder}/at`, `${program} ${when}\n`)
    await lab.portolan(args, { environment: { PATH: `${folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin` } })
    return Number(await lab.host.mustRun(['cat', `${folder}/count`])) >= program
  }
}
