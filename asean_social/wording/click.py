"""The words of the command-line library itself, as it spells them."""

MESSAGES: dict[str, str] = {
    "click.usage": "Usage:",
    "click.options": "Options",
    "click.commands": "Commands",
    "click.arguments": "Arguments",
    "click.show-help": "Show this message and exit.",
    "click.try-help": "Try '{command} {option}' for help.",
    "click.error": "Error: {message}",
    "click.missing-argument": "Missing argument",
    "click.missing-option": "Missing option",
    "click.no-such-option": "No such option: {name}",
    "click.no-such-command": "No such command {name!r}.",
    "click.invalid-value": "Invalid value: {message}",
    "click.invalid-value-for": "Invalid value for {param_hint}: {message}",
    "click.required": "required",
    "click.default": "default: {default}",
    "click.unexpected": "Got unexpected extra argument ({args})",
    "click.unexpected-many": "Got unexpected extra arguments ({args})",
}
