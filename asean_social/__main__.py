from asean_social.cli.main import run

run()
