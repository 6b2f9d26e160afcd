/**
 * The JSON Schemas that ship with the command. They are made from the command's own checks.
 *
 * Started by hand, after a build, this writes them: npm run json-schemas. A test compares the files with the sources.
 */
import { realpathSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hostFactsSchema, packetSchema } from '@portolan/netfilter/schema'
import { toJsonSchema } from '@valibot/to-json-schema'

/** Leaves out the rules that JSON Schema cannot express. The descriptions mention them. */
const written = (schema, title) => ({
  title,
  ...toJsonSchema(schema, {
    errorMode: 'ignore',
    // The `custom` check that an object is no list is left out: JSON Schema's "object" excludes lists already.
    overrideSchema: ({ valibotSchema }) => (valibotSchema.type === 'custom' ? {} : undefined),
  }),
})

/** The schemas by file name. */
export const jsonSchemas = () => ({
  'host-facts.json': written(
    hostFactsSchema,
    'Facts of a host, as `portolan inspect` prints them and --host reads them',
  ),
  'packet.json': written(packetSchema, 'A packet, as `portolan evaluate` reads one from each line'),
})

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === import.meta.filename) {
  const folder = join(import.meta.dirname, '../packages/portolan/schema')
  for (const [name, schema] of Object.entries(jsonSchemas()))
    await writeFile(join(folder, name), `${JSON.stringify(schema, null, 2)}\n`)
}
