import { expect, test } from '@jest/globals'
import { commands } from '../../packages/portolan/src/command/commands.ts'
import { optionTable } from '../../packages/portolan/src/command/options/option-table.ts'
import { textsReachedFrom } from './engine-texts.ts'

/** The programs that an engine starts, and the code of the plugin that it calls. */
const entries = ['packages/cni/src/index.ts', 'packages/portolan/src/docker/open-docker.ts']

/** A user of an engine has neither the command's options nor its subcommands. */
const option = new RegExp(`(?<![\\w-])--(${Object.keys(optionTable).join('|')})(?![\\w-])`)
const subcommand = new RegExp(`\\bportolan (${Object.keys(commands).join('|')})\\b`)

const namesCommand = (text: string): boolean => option.test(text) || subcommand.test(text)

const ofEngine = 'options of podman, of docker, or of what serves docker'
const ofProgram = 'options of other programs'
const ofPlan = 'notes and texts of plans, and of their files: an engine shows none'
const ofFix = 'only apply --fix gets there'
const ofParent = 'of endpoints on an interface of the host, which no engine has'
const ofCluster = 'a host is in a cluster by the command alone, so that its administrator has it'
const ofWatch = 'a process that is named, and that the command started'

/** Files that contain such texts all the same: the number of texts, and why no engine shows them. */
const exceptions: Readonly<Record<string, readonly [texts: number, why: string]>> = {
  'packages/netfilter/src/error/wording.ts': [
    17,
    'the words of the command, for which engines have their own',
  ],
  'packages/cni/src/netavark/create.ts': [2, ofEngine],
  'packages/portolan/src/docker/ipam/ipam-options.ts': [1, ofEngine],
  'packages/portolan/src/docker/ipam/pools.ts': [1, ofEngine],
  'packages/portolan/src/docker/network/network-options.ts': [2, ofEngine],
  'packages/portolan/src/docker/network/ports.ts': [1, ofEngine],
  'packages/portolan/src/docker/wording.ts': [4, ofEngine],
  'packages/cni/src/verb/status.ts': [1, ofProgram],
  'packages/iptables/src/parse/line/core-option.ts': [1, ofProgram],
  'packages/iptables/src/print/rule/print-match.ts': [1, ofProgram],
  'packages/portolan/src/backend/choose-backend.ts': [1, ofProgram],
  'packages/core/src/conflict/kind/host-becomes-router.ts': [3, 'of severity info, and engines tell errors'],
  'packages/core/src/conflict/rule-kind/rule-conflict.ts': [
    1,
    'a command that stands only where the words have "apply"',
  ],
  'packages/core/src/conflict/kind/network-in-use.ts': [1, 'of severity warning, and engines tell errors'],
  'packages/core/src/engine/pools-touched.ts': [1, ofPlan],
  'packages/core/src/intent/compose/networks.ts': [1, ofPlan],
  'packages/core/src/plan/delete-endpoint.ts': [1, ofPlan],
  'packages/core/src/resolve/external-network.ts': [1, ofPlan],
  'packages/core/src/resolve/leave-bridgeless.ts': [1, ofPlan],
  'packages/core/src/resolve/note-guessed-addresses.ts': [3, ofPlan],
  'packages/core/src/route/leaving-block-notes.ts': [1, ofPlan],
  'packages/core/src/route/network-place-notes.ts': [1, ofPlan],
  'packages/host/src/engines/docker-store.ts': [1, ofPlan],
  'packages/iptables/src/print/script.ts': [2, ofPlan],
  'packages/portolan/src/plan/endpoints/endpoint-commands.ts': [4, ofPlan],
  'packages/portolan/src/plan/endpoints/parented-changes.ts': [1, ofPlan],
  'packages/portolan/src/plan/plan-intent.ts': [1, 'a project of a CNI attachment is held by no live host'],
  'packages/portolan/src/plan/print/count-changes.ts': [2, ofPlan],
  'packages/portolan/src/plan/print/print-changes.ts': [1, ofPlan],
  'packages/portolan/src/plan/print/print-conflicts.ts': [1, ofPlan],
  'packages/portolan/src/plan/print/print-incomplete.ts': [2, ofPlan],
  'packages/portolan/src/plan/print/print-openings.ts': [1, ofPlan],
  'packages/portolan/src/plan/print/print-ports.ts': [1, ofPlan],
  'packages/portolan/src/plan/rule-notes.ts': [2, ofPlan],
  'packages/portolan/src/status/behind-cluster.ts': [2, ofCluster],
  'packages/portolan/src/status/conflicts-now.ts': [1, 'what a status could not read: an engine shows none'],
  'packages/portolan/src/destroy/unknown-project-notes.ts': [2, ofPlan],
  'packages/portolan/src/apply/apply-fix.ts': [1, ofFix],
  'packages/portolan/src/firewalld/ask-firewalld.ts': [2, ofFix],
  'packages/portolan/src/firewalld/close-later.ts': [1, ofFix],
  'packages/portolan/src/plan/fix-change.ts': [1, ofFix],
  'packages/portolan/src/plan/mend-conflicts.ts': [1, ofFix],
  'packages/portolan/src/apply/refuse-left-behind.ts': [2, ofParent],
  'packages/portolan/src/destroy/refuse-attached.ts': [2, ofParent],
  'packages/portolan/src/live/attachments/detach-child.ts': [1, ofParent],
  'packages/portolan/src/live/attachments/parented-detach.ts': [1, ofParent],
  'packages/portolan/src/live/attachments/note-replies.ts': [1, 'a note of attach: an engine shows none'],
  'packages/core/src/block/cluster-line.ts': [5, ofCluster],
  'packages/core/src/pool/blocks-exhausted.ts': [4, ofCluster],
  'packages/core/src/route/forgotten-routes.ts': [1, ofCluster],
  'packages/core/src/route/lost-block-notes.ts': [1, ofCluster],
  'packages/core/src/route/routes-elsewhere.ts': [1, ofCluster],
  'packages/core/src/route/with-neighbours.ts': [4, ofCluster],
  'packages/host/src/cluster/member-file.ts': [2, ofCluster],
  'packages/host/src/cluster/read-held-blocks.ts': [1, ofCluster],
  'packages/portolan/src/cluster/no-pools.ts': [3, ofCluster],
  'packages/portolan/src/destroy/routes-of-others-notes.ts': [2, ofCluster],
  'packages/portolan/src/destroy/refuse-watched.ts': [1, ofWatch],
}

test('no message that an engine shows names an option or a subcommand of the command', async () => {
  const found = (await Promise.all(entries.map((entry) => textsReachedFrom(entry, namesCommand)))).flat()
  const files = new Set([...found.map(({ file }) => file), ...Object.keys(exceptions)])
  const surplus = [...files].flatMap((file) => {
    const texts = new Set(found.flatMap((one) => (one.file === file ? [one.text.trim()] : [])))
    const [expected] = exceptions[file] ?? [0]
    return texts.size === expected ? [] : [`${file}: ${texts.size} in place of ${expected}`, ...texts]
  })
  // A text that engines show takes its words from a `Wording`. A text that they never show is counted as an exception.
  expect(surplus).toEqual([])
})

test.each(['keep it with --address', 'Run "portolan apply".', '--state DIR', '(--force)'])(
  'one that does is seen: %s',
  (text) => expect(namesCommand(text)).toBe(true),
)

test.each(['--interface-name br0', 'the portolan applied it', 'keep it with --ip'])(
  'one of an engine or of another program is not: %s',
  (text) => expect(namesCommand(text)).toBe(false),
)
