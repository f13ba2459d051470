/** The lines of a shell script that write a file, and the folder that it is in. The path may have variables of the shell in it. */
export function writeFile(path: string, content: string): string {
  return `mkdir -p "${path.slice(0, path.lastIndexOf('/'))}"
cat > "${path}" <<'FLEDGE_FILE'
${content}FLEDGE_FILE`
}
