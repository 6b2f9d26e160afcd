const plain = /^[-_0-9A-Za-z]+$/

/**
 * Writes a string as iptables-save does (libxtables `xtables_save_string`). Letters, digits, `-` and `_` need no
 * quotes. Any other string is in double quotes, with `"`, `\` and `'` escaped, and iptables-restore removes exactly
 * these escapes.
 */
export const quote = (value: string): string =>
  plain.test(value) ? value : `"${value.replace(/["\\']/g, '\\$&')}"`

/** Writes a string in double quotes, with `"` and `\` escaped (libxt_string, libxt_cgroup). */
export const quoteAlways = (value: string): string => `"${value.replace(/["\\]/g, '\\$&')}"`

/**
 * Writes a name bare where iptables-restore would read it back as one word, else in quotes. iptables-save prints every
 * name bare, and then cannot load its own text.
 */
export const quoteBlank = (value: string): string => (/^[^\s"\\]+$/.test(value) ? value : quoteAlways(value))
